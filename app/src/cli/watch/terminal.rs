//! The terminal in raw mode on its second screen, and keys from it.

use std::{
    io::{self, Read, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Second screen, no cursor, no wrapping of long lines.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/// Size of a terminal that does not tell.
const USUAL: (usize, usize) = (80, 24);

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Quit,
    /// The page with this number, from 0.
    Page(usize),
    NextPage,
    PreviousPage,
    Up,
    Down,
    ScreenUp,
    ScreenDown,
    Top,
    Pause,
}

/// The terminal, given back as it was when this is dropped.
pub(super) struct Terminal {
    before: libc::termios,
    end: Arc<AtomicBool>,
}

impl Terminal {
    pub(super) fn open() -> io::Result<Self> {
        let before = attributes()?;
        let mut raw = before;
        // SAFETY: `raw` is a whole termios.
        unsafe { libc::cfmakeraw(&raw mut raw) };
        let end = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            signal_hook::flag::register(signal, end.clone())?;
        }
        set_attributes(&raw)?;
        let terminal = Self { before, end };
        write(ENTER)?;
        Ok(terminal)
    }

    /// Whether a signal asks to end.
    pub(super) fn told_to_end(&self) -> bool {
        self.end.load(Ordering::SeqCst)
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> (usize, usize) {
        let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: TIOCGWINSZ writes a winsize.
        let told = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) };
        if told == 0 && size.ws_col > 0 && size.ws_row > 0 { (size.ws_col.into(), size.ws_row.into()) } else { USUAL }
    }

    /// Draws lines over what was there.
    pub(super) fn show(&self, lines: &[String]) -> io::Result<()> {
        write(&format!("\x1b[H{}\x1b[K\x1b[J", lines.join("\x1b[K\r\n")))
    }

    /// The keys that are pressed within a time.
    pub(super) fn keys(&self, wait: Duration) -> io::Result<Vec<Key>> {
        let stdin = io::stdin();
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(wait.subsec_nanos()) };
        match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&timeout)) {
            // A signal, such as that of a new size.
            Err(rustix::io::Errno::INTR) | Ok(0) => return Ok(Vec::new()),
            Err(e) => return Err(e.into()),
            Ok(_) => {}
        }
        let mut bytes = [0; 64];
        match stdin.lock().read(&mut bytes)? {
            // The terminal is gone.
            0 => Ok(vec![Key::Quit]),
            n => Ok(decode(&bytes[..n])),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = write(LEAVE);
        let _ = set_attributes(&self.before);
    }
}

fn attributes() -> io::Result<libc::termios> {
    let mut attributes = std::mem::MaybeUninit::uninit();
    // SAFETY: tcgetattr writes a whole termios when it returns 0.
    unsafe {
        match libc::tcgetattr(libc::STDIN_FILENO, attributes.as_mut_ptr()) {
            0 => Ok(attributes.assume_init()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

fn set_attributes(attributes: &libc::termios) -> io::Result<()> {
    // SAFETY: the pointer is to a whole termios.
    match unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, attributes) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Keys from the bytes of a terminal (ECMA-48, xterm).
fn decode(mut bytes: &[u8]) -> Vec<Key> {
    const SEQUENCES: [(&[u8], Key); 11] = [
        (b"\x1b[A", Key::Up),
        (b"\x1b[B", Key::Down),
        (b"\x1b[C", Key::NextPage),
        (b"\x1b[D", Key::PreviousPage),
        (b"\x1b[5~", Key::ScreenUp),
        (b"\x1b[6~", Key::ScreenDown),
        (b"\x1b[H", Key::Top),
        (b"\x1b[Z", Key::PreviousPage),
        (b"\x1bOA", Key::Up),
        (b"\x1bOB", Key::Down),
        (b"\x1b[1~", Key::Top),
    ];
    let mut keys = Vec::new();
    while let Some((&first, rest)) = bytes.split_first() {
        if let Some((sequence, key)) = SEQUENCES.iter().find(|(sequence, _)| bytes.starts_with(sequence)) {
            keys.push(*key);
            bytes = &bytes[sequence.len()..];
            continue;
        }
        bytes = rest;
        keys.extend(match first {
            // Ctrl-C, which is no signal in raw mode, and Ctrl-D.
            b'q' | b'Q' | 3 | 4 => Some(Key::Quit),
            b'1'..=b'9' => Some(Key::Page(usize::from(first - b'1'))),
            b'\t' | b'l' => Some(Key::NextPage),
            b'h' => Some(Key::PreviousPage),
            b'k' => Some(Key::Up),
            b'j' => Some(Key::Down),
            b'g' => Some(Key::Top),
            b' ' | b'p' => Some(Key::Pause),
            // A sequence that means nothing here: to its final byte.
            0x1b => {
                let end = bytes.iter().position(|byte| (0x40..0x7f).contains(byte) && *byte != b'[');
                bytes = &bytes[end.map_or(bytes.len(), |end| end + 1)..];
                None
            }
            _ => None,
        });
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_their_sequences() {
        assert_eq!(decode(b"2\x1b[Bj\x1b[5~"), [Key::Page(1), Key::Down, Key::Down, Key::ScreenUp]);
        assert_eq!(decode(b"\x1b[15~q"), [Key::Quit], "F5 means nothing");
        assert_eq!(decode(b"\x03"), [Key::Quit]);
        assert_eq!(decode(b"\x1b"), []);
        assert_eq!(decode("é\x1b[Z".as_bytes()), [Key::PreviousPage]);
    }
}
