//! Secrets stay where they belong: in no process list, log or file that others can read.

mod common;

use std::{
    fs,
    io::Write,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Child,
    thread::sleep,
    time::{Duration, Instant},
};

use common::{Home, PHRASE};

const PASSPHRASE: &str = "correct horse battery";
const EXPORT: &str = "another staple";

/// What must not be seen: passphrases, the phrase, and the secret in every form that
/// commands print or take.
fn secrets(more: &[String]) -> Vec<String> {
    [PASSPHRASE.into(), EXPORT.into(), PHRASE.into()].into_iter().chain(more.iter().cloned()).collect()
}

fn find(text: &[u8], secrets: &[String]) -> Option<String> {
    let has = |secret: &String| text.windows(secret.len()).any(|part| part == secret.as_bytes());
    secrets.iter().find(|secret| has(secret)).cloned()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { out.extend(files(&path)) } else { out.push(path) }
    }
    out
}

/// What the system shows everybody about a process, once it runs the program.
fn shown(child: &Child) -> Vec<u8> {
    let read = |file: &str| fs::read(format!("/proc/{}/{file}", child.id())).unwrap_or_default();
    let until = Instant::now() + Duration::from_secs(20);
    while !String::from_utf8_lossy(&read("cmdline")).contains("synergyd") && Instant::now() < until {
        sleep(Duration::from_millis(5));
    }
    [read("cmdline"), read("environ"), read("comm")].concat()
}

/// Starts a command while it waits for its input, looks at it from outside, gives it the
/// input, and returns both outputs.
fn watched(home: &Home, args: &[&str], input: &str, secrets: &[String]) -> (String, String) {
    let mut command = home.command(args);
    // SAFETY: umask is async-signal-safe. The most open one: what the program leaves to it shows.
    unsafe {
        command.pre_exec(|| {
            libc::umask(0);
            Ok(())
        });
    }
    let mut child = command.spawn().unwrap();
    // A command that waits for no input may have ended.
    if !input.is_empty() {
        let seen = shown(&child);
        assert!(String::from_utf8_lossy(&seen).contains(args[1]), "{args:?} was not seen at work");
        assert_eq!(find(&seen, secrets), None, "{args:?}: in the process list");
    }
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{args:?}: {err}");
    (out, err)
}

#[test]
fn no_secret_reaches_a_process_list_a_log_or_a_readable_file() {
    let home = Home::new();
    let pass = format!("{PASSPHRASE}\n");
    let known = secrets(&[]);
    let quiet = |args: &[&str], input: &str, secrets: &[String]| {
        let (out, err) = watched(&home, args, input, secrets);
        assert_eq!(find(err.as_bytes(), secrets), None, "{args:?}: on standard error");
        out
    };
    let recover = ["keys", "add", "alice", "--recover", "--key-type", "hybrid"];
    let shown = quiet(&recover, &format!("{PHRASE}\n{pass}{pass}"), &known);
    assert_eq!(find(shown.as_bytes(), &known), None, "a recovered phrase is not shown");
    let hex = quiet(&["keys", "export", "alice", "--unarmored-hex", "--unsafe"], &pass, &known);
    let all = secrets(&[hex.trim().to_owned(), hex.trim().to_uppercase()]);
    let exported = quiet(&["keys", "export", "alice"], &format!("{EXPORT}\n{pass}"), &all);
    assert_eq!(find(exported.as_bytes(), &all), None);
    quiet(&["keys", "import-hex", "again", "--key-type", "hybrid"], &format!("{hex}{pass}"), &all);
    let file = home.path().join("alice.asc");
    fs::write(&file, exported).unwrap();
    quiet(&["keys", "import", "third", file.to_str().unwrap()], &format!("{EXPORT}\n{pass}"), &all);
}

#[test]
fn files_with_secrets_are_their_owners_alone() {
    let home = Home::new();
    let all = secrets(&[]);
    watched(&home, &["keys", "add", "alice", "--recover", "--keyring-backend", "test"], &format!("{PHRASE}\n"), &all);
    watched(&home, &["init", "me", "--keyring-backend", "test"], "", &all);
    let kem = home.ok(&["keys", "show", "alice", "--kem-key", "--keyring-backend", "test"]);
    let plain = home.path().join("plain");
    let seal = ["seal", "alice", "--kem-key", kem.trim(), "--output-document", plain.to_str().unwrap()];
    watched(&home, &seal, "a secret memo", &all);
    let opened = home.path().join("opened");
    let open = ["open", plain.to_str().unwrap(), "--from", "alice", "--output-document", opened.to_str().unwrap()];
    watched(&home, &[&open[..], &["--keyring-backend", "test"]].concat(), "", &all);
    assert_eq!(fs::read_to_string(&opened).unwrap(), "a secret memo");
    let mut secret = 0;
    for file in files(home.path()) {
        let name = file.strip_prefix(home.path()).unwrap().to_string_lossy().into_owned();
        let holds = name == "opened"
            || name.starts_with("keyring-")
            || name.ends_with("priv_validator_key.json")
            || name.ends_with("node_key.json");
        let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        assert!(holds || !(text.contains("priv_key") || text.contains("mnemonic")), "{name} holds a key");
        assert_eq!(find(text.as_bytes(), &all), None, "{name}");
        if holds {
            assert_eq!(mode & 0o077, 0, "{name} has mode {mode:o}");
            secret += 1;
        }
    }
    assert!(secret >= 4, "only {secret} files with secrets were found");
}

/// A secret that is an argument stands in the process list and in the shell's history.
#[test]
fn no_flag_takes_a_secret() {
    let home = Home::new();
    for args in
        [&["keys", "add"][..], &["keys", "import"], &["keys", "import-hex"], &["keys", "export"], &["tx"], &["open"]]
    {
        let help = home.ok(&[args, &["--help"]].concat());
        for word in ["--mnemonic", "--phrase", "--passphrase", "--password", "--secret", "--private-key", "<HEX>"] {
            assert!(!help.contains(word), "{args:?} has {word}");
        }
    }
}
