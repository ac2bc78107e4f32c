//! Runs the program as people do.
#![allow(dead_code, reason = "each test program uses a part")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

pub(crate) const PHRASE: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                      abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art";

/// A home folder of its own.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_synergyd"));
        command.env_clear().env("SYNERGYD_HOME", self.path()).args(args);
        // The AI runtime is compiled once for all tests.
        command.envs(std::env::var("SYNERGYD_CACHE").map(|cache| ("SYNERGYD_CACHE", cache)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Output {
        let mut child = self.command(args).spawn().unwrap();
        // A command that does not read ends before the write.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Standard output of a command that must succeed.
    pub(crate) fn ok_with(&self, args: &[&str], input: &str) -> String {
        let output = self.run_with(args, input);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{args:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    pub(crate) fn ok(&self, args: &[&str]) -> String {
        self.ok_with(args, "")
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let text = self.ok(args);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?}: {e}: {text}"))
    }

    /// Standard error of a command that must fail with exit code 1.
    pub(crate) fn fails(&self, args: &[&str]) -> String {
        self.fails_with(args, 1)
    }

    pub(crate) fn fails_with(&self, args: &[&str], code: i32) -> String {
        let output = self.run_with(args, "");
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    /// A key of the test keyring made from [`PHRASE`].
    pub(crate) fn recover(&self, name: &str, key_type: &str) -> Value {
        self.recover_from(PHRASE, name, key_type)
    }

    /// A key of the test keyring made from a phrase.
    pub(crate) fn recover_from(&self, phrase: &str, name: &str, key_type: &str) -> Value {
        let args =
            ["keys", "add", name, "--recover", "--key-type", key_type, "--keyring-backend", "test", "-o", "json"];
        serde_json::from_str(&self.ok_with(&args, &format!("{phrase}\n"))).unwrap()
    }
}
