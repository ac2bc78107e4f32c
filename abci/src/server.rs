//! Listening, accepting and stopping.

use std::collections::BTreeMap;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::{fs, io, thread};

use rustix::event::{PollFd, PollFlags, poll};

use crate::connection::{Connection, End, Stream};
use crate::{Address, Application, Fault};

/// Limits of a [`Server`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The longest request or response, in bytes.
    pub max_frame: usize,
    /// The most transactions in one [`Application::check_txs`] call.
    pub max_burst: usize,
}

impl Default for Config {
    /// `max_frame` is the limit of CometBFT's own client and server (100 MiB,
    /// `abci/types/messages.go`).
    fn default() -> Self {
        Config { max_frame: 104_857_600, max_burst: 1024 }
    }
}

/// Why [`Server::run`] ended without being stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The application cannot go on.
    #[error("the application failed: {0}")]
    Fault(#[from] Fault),
    /// Connections can no longer be accepted.
    #[error("the ABCI socket failed: {0}")]
    Io(#[from] io::Error),
}

/// Ends [`Server::run`] from another thread. Clones end the same server.
#[derive(Debug, Clone)]
pub struct StopHandle(Arc<(UnixStream, UnixStream)>);

impl StopHandle {
    /// A handle that has not been used.
    ///
    /// # Errors
    /// When the process has no file descriptors left.
    pub fn new() -> io::Result<Self> {
        Ok(StopHandle(Arc::new(UnixStream::pair()?)))
    }

    /// Makes the server end, now or as soon as it runs. Calls after the first do
    /// nothing.
    pub fn stop(&self) {
        // The other end becomes readable for good. The only possible error is that
        // it was shut down before.
        let _ = self.0.0.shutdown(Shutdown::Both);
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.0.1.as_fd()
    }
}

/// A bound socket.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
    config: Config,
}

impl Server {
    /// Listens at `address`. A unix socket file that nobody listens on any more is
    /// replaced.
    ///
    /// # Errors
    /// `AddrInUse` when another process listens there, `AlreadyExists` when the path
    /// is a file of another kind, and what the system says.
    pub fn bind(address: &Address, config: Config) -> io::Result<Self> {
        let listener = match address {
            Address::Tcp(address) => Listener::Tcp(TcpListener::bind(address)?),
            Address::Unix(path) => {
                remove_stale(path)?;
                Listener::Unix(UnixListener::bind(path)?, path.clone())
            }
        };
        listener.set_nonblocking()?;
        Ok(Server { listener, config })
    }

    /// The TCP address listened on, with the real port if 0 was asked for; `None`
    /// for a unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.listener {
            Listener::Tcp(listener) => listener.local_addr().ok(),
            Listener::Unix(..) => None,
        }
    }

    /// Serves connections until `stop` is used. Requests in progress are finished
    /// first; their responses may no longer reach the node.
    ///
    /// # Errors
    /// The first [`Fault`] of the application, unless it came from `info` or
    /// `query`, or a failure of the listening socket.
    pub fn run(self, app: Arc<dyn Application>, stop: &StopHandle) -> Result<(), Error> {
        let failed = StopHandle::new()?;
        let fault = OnceLock::new();
        let open = Mutex::new(BTreeMap::new());
        let accepted = thread::scope(|scope| {
            let accept = || -> io::Result<()> {
                let mut number = 0u64;
                while self.listener.wait(&[stop, &failed])? {
                    let Some(stream) = self.listener.accept()? else {
                        continue;
                    };
                    number += 1;
                    lock(&open).insert(number, stream.try_clone()?);
                    let (app, config) = (&*app, self.config);
                    let (open, fault, failed) = (&open, &fault, &failed);
                    thread::Builder::new().name(format!("abci-{number}")).spawn_scoped(scope, move || {
                        let end = Connection::new(stream, app, config).serve();
                        lock(open).remove(&number);
                        if let Some(error) = log_end(number, end) {
                            // Only the first fault is kept: the others follow it.
                            let _ = fault.set(error);
                            failed.stop();
                        }
                    })?;
                }
                Ok(())
            };
            let accepted = accept();
            lock(&open).values().for_each(Stream::shutdown);
            accepted
        });
        match fault.into_inner() {
            Some(fault) => Err(Error::Fault(fault)),
            None => Ok(accepted?),
        }
    }
}

/// The fault that must end the server, if any.
fn log_end(number: u64, end: End) -> Option<Fault> {
    match end {
        End::Closed => tracing::debug!(connection = number, "closed by the node"),
        End::Broken(reason) => tracing::warn!(connection = number, reason, "connection dropped"),
        End::Fault { fault, fatal } => {
            tracing::error!(connection = number, %fault, "the application failed");
            return fatal.then_some(fault);
        }
    }
    None
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remove_stale(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let refuse = |kind, text| Err(io::Error::new(kind, format!("{}: {text}", path.display())));
    if !kind.is_socket() {
        return refuse(io::ErrorKind::AlreadyExists, "exists and is not a socket");
    }
    match UnixStream::connect(path) {
        Ok(_) => refuse(io::ErrorKind::AddrInUse, "another process listens here"),
        Err(_) => fs::remove_file(path),
    }
}

#[derive(Debug)]
enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Listener {
    fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Listener::Tcp(listener) => listener.set_nonblocking(true),
            Listener::Unix(listener, _) => listener.set_nonblocking(true),
        }
    }

    /// Blocks until a connection may be accepted (true) or one of `stops` is used.
    fn wait(&self, stops: &[&StopHandle]) -> io::Result<bool> {
        let listener = match self {
            Listener::Tcp(listener) => listener.as_fd(),
            Listener::Unix(listener, _) => listener.as_fd(),
        };
        let fds = stops.iter().map(|s| s.fd()).chain([listener]);
        let mut fds: Vec<_> = fds.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
        while let Err(error) = poll(&mut fds, None) {
            if error != rustix::io::Errno::INTR {
                return Err(error.into());
            }
        }
        let stopped = fds.iter().take(stops.len()).any(|fd| !fd.revents().is_empty());
        Ok(!stopped)
    }

    /// `None` when the peer has gone again.
    fn accept(&self) -> io::Result<Option<Stream>> {
        let accepted = match self {
            Listener::Tcp(listener) => listener.accept().map(|(s, _)| Stream::Tcp(s)),
            Listener::Unix(listener, _) => listener.accept().map(|(s, _)| Stream::Unix(s)),
        };
        use io::ErrorKind::{ConnectionAborted, Interrupted, WouldBlock};
        match accepted {
            Ok(stream) => Ok(stream.prepare().ok().map(|()| stream)),
            Err(e) if matches!(e.kind(), ConnectionAborted | Interrupted | WouldBlock) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Listener::Unix(_, path) = self {
            // Left behind it would be stale, which the next bind repairs.
            let _ = fs::remove_file(path);
        }
    }
}
