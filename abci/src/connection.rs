//! One connection: requests in, responses out, in the same order.

use std::any::Any;
use std::io::{self, Write};
use std::mem;
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};

use prost::Message;
use rustix::buffer::spare_capacity;
use rustix::net::RecvFlags;

use crate::frame::{FrameDecoder, FrameError};
use crate::messages::{
    Request, RequestCheckTx, Response, ResponseEcho, ResponseException, ResponseFlush, request, response,
};
use crate::{Application, Config, Fault};

/// Responses are held back until this many bytes, a Flush, or nothing to read.
const FLUSH_AT: usize = 64 * 1024;

/// Why a connection ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The node closed it between two requests, or the server is stopping.
    Closed,
    /// It broke, or the peer does not speak ABCI 2.0.
    Broken(String),
    /// The application failed; `fatal` when the node cannot be served further.
    Fault { fault: Fault, fatal: bool },
}

impl From<FrameError> for End {
    fn from(error: FrameError) -> Self {
        End::Broken(error.to_string())
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        End::Broken(error.to_string())
    }
}

pub(crate) struct Connection<'a> {
    stream: Stream,
    app: &'a dyn Application,
    config: Config,
    input: FrameDecoder,
    burst: Vec<RequestCheckTx>,
    output: Vec<u8>,
}

impl<'a> Connection<'a> {
    pub(crate) fn new(stream: Stream, app: &'a dyn Application, config: Config) -> Self {
        Connection {
            stream,
            app,
            config,
            input: FrameDecoder::new(config.max_frame),
            burst: Vec::new(),
            output: Vec::new(),
        }
    }

    /// Answers requests until the connection ends. What cannot be answered is told
    /// to the node as an exception first.
    pub(crate) fn serve(mut self) -> End {
        let mut end = loop {
            if let Err(end) = self.step() {
                break end;
            }
        };
        // Requests before a broken one have their answers.
        if let Err(fault) = self.check_burst() {
            end = fault;
        }
        let error = match &end {
            End::Closed => return end,
            End::Broken(reason) => reason.clone(),
            End::Fault { fault, .. } => fault.to_string(),
        };
        let exception = response::Value::Exception(ResponseException { error });
        if self.reply(exception).is_ok() {
            // The peer may be gone, and `end` already says why.
            let _ = self.flush();
        }
        end
    }

    /// Handles every request that was read, then reads once.
    fn step(&mut self) -> Result<(), End> {
        while let Some(frame) = self.input.next_frame()? {
            let request =
                Request::decode(frame).map_err(|error| End::Broken(format!("undecodable request: {error}")))?;
            self.handle(request)?;
        }
        match self.stream.receive(self.input.tail(), RecvFlags::DONTWAIT) {
            Ok(0) => return self.end_of_input(),
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        if !self.burst.is_empty() {
            return self.check_burst();
        }
        self.flush()?;
        match self.stream.receive(self.input.tail(), RecvFlags::empty())? {
            0 => self.end_of_input(),
            _ => Ok(()),
        }
    }

    fn end_of_input(&mut self) -> Result<(), End> {
        self.check_burst()?;
        self.flush()?;
        if self.input.is_empty() {
            Err(End::Closed)
        } else {
            Err(End::Broken("the stream ended inside a message".into()))
        }
    }

    fn handle(&mut self, request: Request) -> Result<(), End> {
        let value = request
            .value
            .ok_or_else(|| End::Broken("a request that ABCI 2.0 does not know: use CometBFT 0.38 to 0.40".into()))?;
        if let request::Value::CheckTx(check) = value {
            self.burst.push(check);
            if self.burst.len() >= self.config.max_burst {
                self.check_burst()?;
            }
            return Ok(());
        }
        self.check_burst()?;
        let flush = matches!(value, request::Value::Flush(_));
        let response = answer(self.app, value)?;
        self.reply(response)?;
        if flush {
            self.flush()?;
        }
        Ok(())
    }

    /// Answers the CheckTx requests read so far.
    fn check_burst(&mut self) -> Result<(), End> {
        let burst = mem::take(&mut self.burst);
        let sent = burst.len();
        if sent == 0 {
            return Ok(());
        }
        let responses = guarded(true, || self.app.check_txs(burst))?;
        if responses.len() != sent {
            let text = format!("check_txs gave {} responses to {sent} requests", responses.len());
            return Err(End::Fault { fault: Fault(text), fatal: true });
        }
        for response in responses {
            self.reply(response::Value::CheckTx(response))?;
        }
        Ok(())
    }

    fn reply(&mut self, value: response::Value) -> Result<(), End> {
        let response = Response { value: Some(value) };
        let len = response.encoded_len();
        if len > self.config.max_frame {
            let max = self.config.max_frame;
            let text = format!("a response of {len} bytes is longer than the limit of {max}");
            return Err(End::Fault { fault: Fault(text), fatal: true });
        }
        self.output.reserve(len + prost::length_delimiter_len(len));
        prost::encode_length_delimiter(len, &mut self.output)
            .and_then(|()| response.encode(&mut self.output))
            .map_err(|error| End::Broken(error.to_string()))?;
        if self.output.len() >= FLUSH_AT {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), End> {
        if !self.output.is_empty() {
            self.stream.send_all(&self.output)?;
            self.output.clear();
            // A large block response is rare; its buffer is not kept.
            self.output.shrink_to(2 * FLUSH_AT);
        }
        Ok(())
    }
}

/// Calls the application.
fn answer(app: &dyn Application, value: request::Value) -> Result<response::Value, End> {
    use request::Value as Req;
    use response::Value as Res;
    Ok(match value {
        Req::Echo(r) => Res::Echo(ResponseEcho { message: r.message }),
        Req::Flush(_) => Res::Flush(ResponseFlush {}),
        Req::Info(r) => Res::Info(guarded(false, || app.info(r))?),
        Req::Query(r) => Res::Query(guarded(false, || app.query(r))?),
        Req::CheckTx(_) => return Err(End::Broken("CheckTx outside of a burst".into())),
        Req::InitChain(r) => Res::InitChain(guarded(true, || app.init_chain(r))?),
        Req::PrepareProposal(r) => Res::PrepareProposal(guarded(true, || app.prepare_proposal(r))?),
        Req::ProcessProposal(r) => Res::ProcessProposal(guarded(true, || app.process_proposal(r))?),
        Req::ExtendVote(r) => Res::ExtendVote(guarded(true, || app.extend_vote(r))?),
        Req::VerifyVoteExtension(r) => Res::VerifyVoteExtension(guarded(true, || app.verify_vote_extension(r))?),
        Req::FinalizeBlock(r) => Res::FinalizeBlock(guarded(true, || app.finalize_block(r))?),
        Req::Commit(_) => Res::Commit(guarded(true, || app.commit())?),
        Req::ListSnapshots(_) => Res::ListSnapshots(guarded(true, || app.list_snapshots())?),
        Req::OfferSnapshot(r) => Res::OfferSnapshot(guarded(true, || app.offer_snapshot(r))?),
        Req::LoadSnapshotChunk(r) => Res::LoadSnapshotChunk(guarded(true, || app.load_snapshot_chunk(r))?),
        Req::ApplySnapshotChunk(r) => Res::ApplySnapshotChunk(guarded(true, || app.apply_snapshot_chunk(r))?),
        Req::InsertTx(_) | Req::ReapTxs(_) => {
            let text = "this application has no mempool of its own: set mempool.type = \"flood\" \
                        in CometBFT's config.toml";
            return Err(End::Broken(text.into()));
        }
    })
}

/// Turns a panic of the application into a fault.
fn guarded<T>(fatal: bool, call: impl FnOnce() -> Result<T, Fault>) -> Result<T, End> {
    // What a panic leaves half done is not looked at again: either the process ends,
    // or the call could only read.
    catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|panic| Err(Fault(format!("panicked: {}", panic_text(&*panic)))))
        .map_err(|fault| End::Fault { fault, fatal })
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text")
}

/// A connected socket.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Sets what a fresh connection needs.
    pub(crate) fn prepare(&self) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => {
                stream.set_nonblocking(false)?;
                stream.set_nodelay(true)
            }
            Stream::Unix(stream) => stream.set_nonblocking(false),
        }
    }

    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        match self {
            Stream::Tcp(stream) => stream.try_clone().map(Stream::Tcp),
            Stream::Unix(stream) => stream.try_clone().map(Stream::Unix),
        }
    }

    /// Ends reads and writes of every clone.
    pub(crate) fn shutdown(&self) {
        // Fails only when the peer has closed already.
        let _ = match self {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Stream::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }

    /// Appends what one read gives to the spare capacity of `buffer`.
    fn receive(&self, buffer: &mut Vec<u8>, flags: RecvFlags) -> io::Result<usize> {
        loop {
            match rustix::net::recv(self.fd(), spare_capacity(buffer), flags) {
                Err(rustix::io::Errno::INTR) => {}
                result => return Ok(result?.0),
            }
        }
    }

    fn send_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => stream.write_all(bytes),
            Stream::Unix(stream) => stream.write_all(bytes),
        }
    }

    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Stream::Tcp(stream) => stream.as_fd(),
            Stream::Unix(stream) => stream.as_fd(),
        }
    }
}
