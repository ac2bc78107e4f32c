//! What the values of flags and arguments look like: checked before anything is done, so
//! that a wrong one is told with the right form and never half-way.

use clap::{
    ArgMatches, Command,
    error::{ContextKind, ContextValue, ErrorKind},
};
use synergy_app::jsonrpc::JsonRpc;
use synergy_proto::{Address, coin};

use super::coins;

/// The form of the values that have one of these names in `--help`.
pub(crate) struct Form {
    names: &'static [&'static str],
    /// What is right, with an example.
    pub(crate) right: &'static str,
    is: fn(&str) -> bool,
}

/// Values that clap reads itself have their form here for its message; `is` says yes.
static FORMS: &[Form] = &[
    Form {
        names: &["N", "SECONDS", "HEIGHTS", "BLOCKS"],
        right: "a whole number, e.g. 12",
        is: |text| text.parse::<u64>().is_ok(),
    },
    Form { names: &["HEIGHT", "BLOCK"], right: "a block's height, e.g. 1500", is: |text| text.parse::<u64>().is_ok() },
    Form { names: &["PORT"], right: "a port, 1 to 65535, e.g. 26656", is: |_| true },
    Form { names: &["PATH"], right: "a derivation path, e.g. m/44'/118'/0'/0/0", is: |_| true },
    Form {
        names: &["COINS", "AMOUNT"],
        right: "amounts with their coin and commas between, e.g. 1.5snrg or 1500asnrg,2uatom; 0 for none",
        is: |text| text.is_empty() || text == "0" || coins::parse(text).is_ok(),
    },
    Form {
        names: &["COIN"],
        right: "one amount in base units with its coin, e.g. 1000000000asnrg",
        is: |text| text.is_empty() || coin::parse(text).is_ok(),
    },
    Form {
        names: &["min_self_delegation"],
        right: "a whole number of asnrg, e.g. 1000000000000000000",
        is: |text| text.parse::<u128>().is_ok(),
    },
    Form {
        names: &["VALIDATOR"],
        right: "an address (synergyvaloper1…), the name of a key, or a consensus key as JSON",
        is: |text| is_account(text) || text.starts_with('{'),
    },
    Form {
        names: &["ADDRESS", "KEY", "GRANTER", "GRANTEE", "DELEGATOR", "VOTER", "DEPOSITOR"],
        right: "an address (synergy1…) or the name of a key",
        is: is_account,
    },
    Form {
        names: &["ADDRESSES"],
        right: "addresses (synergy1…) or names of keys, a comma between",
        is: |text| text.split(',').all(is_account),
    },
    Form {
        names: &["FACTOR"],
        right: "a number above 0, e.g. 1.2",
        is: |text| text.parse().is_ok_and(|factor: f64| factor > 0.0 && factor.is_finite()),
    },
    Form {
        names: &["GAS"],
        right: "auto, or a whole number of gas, e.g. 200000",
        is: |text| text == "auto" || text.parse::<u64>().is_ok(),
    },
    Form { names: &["HASH"], right: "a SHA-256 in hexadecimal: 64 digits", is: |text| is_hex(text, Some(64)) },
    Form {
        names: &["HEX"],
        right: "hexadecimal digits, or @FILE with them",
        is: |text| text.starts_with('@') || is_hex(text, None),
    },
    Form {
        names: &["BASE64"],
        right: "base64, e.g. the next_key of the page before",
        is: |text| base64::Engine::decode(&base64::prelude::BASE64_STANDARD, text).is_ok(),
    },
    Form {
        names: &["RATE"],
        right: "a share from 0 to 1, e.g. 0.05",
        is: |text| text.parse().is_ok_and(|rate: f64| (0.0..=1.0).contains(&rate)),
    },
    Form {
        names: &["URL"],
        right: "an address with its port, e.g. tcp://127.0.0.1:26657",
        is: |text| text.contains(':') && JsonRpc::new(text, std::time::Duration::ZERO).is_ok(),
    },
    Form { names: &["FORM"], right: "text or json", is: |_| true },
    Form { names: &["app_db_backend"], right: "fjall or sled", is: |text| matches!(text, "fjall" | "sled") },
    Form { names: &["BACKEND"], right: "file or test", is: |_| true },
    Form {
        names: &["TYPE"],
        right: "a key type that `synergyd keys list-key-types` shows, e.g. ml-dsa-65",
        is: |_| true,
    },
    Form { names: &["broadcast_mode"], right: "sync or async", is: |text| matches!(text, "sync" | "async") },
    Form { names: &["order_by"], right: "asc or desc", is: |text| matches!(text, "asc" | "desc") },
    Form {
        names: &["words"],
        right: "12, 15, 18, 21 or 24",
        is: |text| ["12", "15", "18", "21", "24"].contains(&text),
    },
];

/// A name in `--help` may mean something of its own in one place: a website is no node,
/// a message's type no key's, a security contact no account.
static FREE: &[&str] = &["website", "msg_type", "security", "security_contact"];

/// The form of a flag or argument: by its id, else by the name of its value.
pub(crate) fn of(arg: &clap::Arg) -> Option<&'static Form> {
    let id = arg.get_id().as_str();
    if FREE.contains(&id) {
        return None;
    }
    let by = |name: &str| FORMS.iter().find(|form| form.names.contains(&name));
    by(id).or_else(|| arg.get_value_names().and_then(|names| by(names.first()?.as_str())))
}

/// Reads a command line; what is wrong is told with the right form.
///
/// # Errors
/// clap's, which also carry `--help` and `--version`.
pub(crate) fn parse<I, T>(command: Command, args: I) -> Result<ArgMatches, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<std::ffi::OsString> + Clone,
{
    let mut command = command;
    let matches = command.try_get_matches_from_mut(args).map_err(|e| {
        // An argument has its name only once its command is built.
        command.build();
        explain(&command, e)
    })?;
    check(&mut command, &matches)?;
    Ok(matches)
}

fn check(command: &mut Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let message = command.get_arguments().find_map(|arg| wrong(arg, matches));
    if let Some(message) = message {
        return Err(command.error(ErrorKind::ValueValidation, message));
    }
    match matches.subcommand() {
        Some((name, matches)) => match command.find_subcommand_mut(name) {
            Some(command) => check(command, matches),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

/// What is wrong with the value that was given for a flag or argument.
fn wrong(arg: &clap::Arg, matches: &ArgMatches) -> Option<String> {
    let (id, form) = (arg.get_id().as_str(), of(arg)?);
    matches.value_source(id).filter(|source| *source != clap::parser::ValueSource::DefaultValue)?;
    let values: Vec<String> = matches.get_raw(id)?.map(|value| value.to_string_lossy().into_owned()).collect();
    let wrong = values.into_iter().find(|text| !(form.is)(text))?;
    Some(format!("invalid value '{wrong}' for '{arg}': it must be {}", form.right))
}

/// Adds the form to clap's own message about a value.
fn explain(command: &Command, mut error: clap::Error) -> clap::Error {
    let wrong = matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue);
    let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg).cloned().filter(|_| wrong) else {
        return error;
    };
    let form = all(command).into_iter().find(|arg| arg.to_string() == shown).and_then(of);
    if let Some(form) = form {
        let tip = format!("it must be {}", form.right).into();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

fn all(command: &Command) -> Vec<&clap::Arg> {
    let below = command.get_subcommands().flat_map(all);
    command.get_arguments().chain(below).collect()
}

/// A name of the keyring has no form that could be told from a misspelt address's, but
/// some characters stand in neither.
fn is_account(text: &str) -> bool {
    let text = text.trim();
    let name = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    name || text.parse::<Address>().is_ok()
}

fn is_hex(text: &str, digits: Option<usize>) -> bool {
    let text = text.trim_start_matches("0x");
    hex::decode(text).is_ok() && digits.is_none_or(|digits| text.len() == digits)
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction, CommandFactory};

    use super::*;
    use crate::cli::Cli;

    /// A value that no form takes.
    const WRONG: &str = "?!";

    fn leaves(command: &Command, path: &[String], out: &mut Vec<(Vec<String>, Vec<Arg>)>) {
        let subcommands: Vec<&Command> = command.get_subcommands().filter(|c| c.get_name() != "help").collect();
        if subcommands.is_empty() {
            out.push((path.to_vec(), command.get_arguments().cloned().collect()));
        }
        for sub in subcommands {
            leaves(sub, &[path, &[sub.get_name().to_owned()]].concat(), out);
        }
    }

    /// Every flag and argument of the command tree whose value has a form is given a wrong
    /// one; the message names it and says what is right.
    #[test]
    fn every_wrong_value_is_told_with_the_right_form() {
        let mut command = Cli::command();
        command.build();
        let mut all = Vec::new();
        leaves(&command, &["synergyd".to_owned()], &mut all);
        let (mut tried, mut silent) = (0, Vec::new());
        for (path, args) in &all {
            for arg in args.iter().filter(|arg| matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)) {
                let typed = !arg.get_possible_values().is_empty();
                let Some(form) = of(arg).map(|form| form.right).or(typed.then_some("possible values")) else {
                    continue;
                };
                let mut line = path.clone();
                let others = args.iter().filter(|other| other.get_id() != arg.get_id());
                for other in others.filter(|other| other.is_required_set()) {
                    line.extend(other.get_long().map(|long| format!("--{long}={}", right(other))));
                }
                line.extend(arg.get_long().map(|long| format!("--{long}={WRONG}")));
                let mut places: Vec<&Arg> = args.iter().filter(|place| place.get_index().is_some()).collect();
                places.sort_by_key(|place| place.get_index());
                places.retain(|place| place.is_required_set() || place.get_index() <= arg.get_index());
                let value = |place: &&Arg| if place.get_id() == arg.get_id() { WRONG.to_owned() } else { right(place) };
                line.extend(places.iter().map(value));
                tried += 1;
                let told = match parse(Cli::command(), &line) {
                    Err(e) => e.to_string(),
                    Ok(_) => String::new(),
                };
                if !told.contains(form) && !told.contains("cannot be used with") && !told.contains("required") {
                    silent.push(format!("{} {arg}: {told:?}", path.join(" ")));
                }
            }
        }
        assert!(tried > 300, "only {tried} values were tried");
        assert!(silent.is_empty(), "{} of {tried} tell no form:\n{}", silent.len(), silent.join("\n"));
    }

    /// A value that the argument takes.
    fn right(arg: &Arg) -> String {
        if let Some(value) = arg.get_possible_values().first() {
            return value.get_name().to_owned();
        }
        let name = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
        match name {
            "COINS" | "AMOUNT" => "1snrg",
            "COIN" => "1asnrg",
            "HASH" | "HEX" => "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff",
            "RATE" | "FACTOR" => "0.5",
            "URL" => "tcp://127.0.0.1:1",
            _ => "1",
        }
        .to_owned()
    }

    #[test]
    fn right_values_pass() {
        for line in [
            "synergyd tx bank send alice bob 1.5snrg --fees 0 --gas auto --gas-adjustment 1.3 --node tcp://localhost:26657",
            "synergyd tx bank send alice bob 1.5snrg --gas-prices 1000000000asnrg --broadcast-mode async --sequence 5",
            "synergyd query bank balances alice --page-key AAEC --limit 5 --height 7 -o json",
            "synergyd keys add x --hd-path m/44'/118'/0'/0/0 --key-type hybrid",
        ] {
            parse(Cli::command(), line.split(' ')).unwrap_or_else(|e| panic!("{e}"));
        }
    }
}
