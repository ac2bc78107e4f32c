//! `synergyd watch`: a node live in the terminal. One thread asks the node
//! ([`feed`]), the main thread reads keys and draws ([`view`]) on the terminal's own
//! second screen ([`terminal`]).

mod feed;
mod terminal;
mod view;

use std::{
    io::{self, IsTerminal},
    sync::mpsc::{TryRecvError, channel},
    thread,
    time::Duration,
};

use clap::Args;

use self::{
    feed::{Feed, News},
    terminal::{Key, Terminal},
    view::{View, draw},
};
use super::{
    context::{ClientFlags, Context},
    error::{Result, bail},
};

/// How long a look for keys lasts; what the node says is drawn after it.
const KEYS: Duration = Duration::from_millis(150);

#[derive(Args, Debug)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) client: ClientFlags,
    /// Seconds between two looks at the node
    #[arg(long, default_value_t = 1, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    interval: u64,
}

pub(crate) fn run(context: &Context, watch: &Watch) -> Result<()> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        bail!("watch needs a terminal: in a script use `synergyd status`, `query txs` or `query aivm records`");
    }
    let (news, arrived) = channel();
    let feed = Feed::new(context.rpc()?, context.config.node.clone());
    let pause = Duration::from_secs(watch.interval);
    // It ends with the process: a call that waits for the node cannot be ended.
    thread::Builder::new().name("watch".into()).spawn(move || feed.run(pause, &news))?;

    let terminal = Terminal::open()?;
    let mut view = View::default();
    loop {
        loop {
            match arrived.try_recv() {
                Ok(News::Data(data)) => view.update(*data),
                Ok(News::Trouble(text)) => view.trouble = Some(text),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => bail!("the thread that asks the node has ended"),
            }
        }
        let size = terminal.size();
        terminal.show(&draw(&view, size))?;
        for key in terminal.keys(KEYS)? {
            if key == Key::Quit {
                return Ok(());
            }
            view.press(key, size.1);
        }
        if terminal.told_to_end() {
            return Ok(());
        }
    }
}
