//! `synergyd config`: app.toml and client.toml.

use std::{fs, path::Path};

use clap::{Subcommand, ValueEnum};
use synergy_app::config::{AppConfig, CONFIG_DIR, ClientConfig, Settings, process_env};

use super::{
    error::{Result, error},
    output,
};

#[derive(Subcommand, Debug)]
pub(crate) enum Config {
    /// Print a setting as commands take it: environment, else file, else default
    Get {
        /// Which file
        file: File,
        /// E.g. pruning or telemetry.enabled
        key: String,
    },
    /// Write a setting to its file; comments of your own in it are lost
    Set {
        /// Which file
        file: File,
        /// E.g. pruning or telemetry.enabled
        key: String,
        /// The new value
        value: String,
    },
    /// Print all settings with what they mean
    View {
        /// Which file
        file: File,
    },
    /// Print the settings that differ from their defaults
    Diff {
        /// Which file
        file: File,
    },
    /// Write a file anew as this version writes it: settings stay, missing ones are added
    Migrate {
        /// Which file
        file: File,
    },
    /// Print the home folder
    Home,
}

/// A configuration file.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum File {
    /// app.toml
    App,
    /// client.toml
    Client,
}

pub(crate) fn run(home: &Path, command: &Config) -> Result<()> {
    match command {
        Config::Get { file: File::App, key } => output::line(&load::<AppConfig>(home)?.get(key)?),
        Config::Get { file: File::Client, key } => output::line(&load::<ClientConfig>(home)?.get(key)?),
        Config::Set { file: File::App, key, value } => set::<AppConfig>(home, key, value),
        Config::Set { file: File::Client, key, value } => set::<ClientConfig>(home, key, value),
        Config::View { file: File::App } => output::line(load::<AppConfig>(home)?.render().trim_end()),
        Config::View { file: File::Client } => output::line(load::<ClientConfig>(home)?.render().trim_end()),
        Config::Diff { file: File::App } => diff::<AppConfig>(home),
        Config::Diff { file: File::Client } => diff::<ClientConfig>(home),
        Config::Migrate { file: File::App } => migrate::<AppConfig>(home),
        Config::Migrate { file: File::Client } => migrate::<ClientConfig>(home),
        Config::Home => output::line(&home.display().to_string()),
    }
}

fn load<T: Settings>(home: &Path) -> Result<T> {
    Ok(T::load(home, process_env, &[])?)
}

/// What is in force and not the default, a setting a line.
fn diff<T: Settings>(home: &Path) -> Result<()> {
    let (now, usual) = (load::<T>(home)?, T::default());
    for setting in T::settings() {
        let (now, usual) = (now.get(setting.key)?, usual.get(setting.key)?);
        if now != usual {
            output::line(&format!("{} = {now:?} (default {usual:?})", setting.key))?;
        }
    }
    Ok(())
}

fn migrate<T: Settings>(home: &Path) -> Result<()> {
    write::<T>(home, &T::load(home, |_| None, &[])?)
}

/// The environment stays out of the file.
fn set<T: Settings>(home: &Path, key: &str, value: &str) -> Result<()> {
    write::<T>(home, &T::load(home, |_| None, &[(key, value.to_owned())])?)
}

fn write<T: Settings>(home: &Path, config: &T) -> Result<()> {
    let dir = home.join(CONFIG_DIR);
    let path = dir.join(T::FILE);
    fs::create_dir_all(&dir)
        .and_then(|()| fs::write(&path, config.render()))
        .map_err(|e| error!("cannot write {}: {e}", path.display()))
}
