//! An application whose answers show which request they belong to, a running
//! server, and a client without any logic.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use prost::Message;
use synergy_abci::messages::*;
use synergy_abci::{Address, Application, Config, Error, Fault, Server, StopHandle};

/// Small enough to reach in a test.
pub(crate) const CONFIG: Config = Config { max_frame: 100_000, max_burst: 8 };

/// Answers every method with something of its request. A transaction `panic`,
/// `fault` or `short` fails as it says; so does a query path `panic` or `fault`.
#[derive(Default)]
pub(crate) struct TestApp {
    pub(crate) bursts: Mutex<Vec<usize>>,
    pub(crate) calls: Mutex<Vec<&'static str>>,
}

impl TestApp {
    fn saw(&self, call: &'static str) {
        self.calls.lock().unwrap().push(call);
    }
}

fn fail(how: &[u8]) -> Result<(), Fault> {
    match how {
        b"panic" => panic!("asked to panic"),
        b"fault" => Err(Fault("asked to fail".into())),
        _ => Ok(()),
    }
}

impl Application for TestApp {
    fn info(&self, r: RequestInfo) -> Result<ResponseInfo, Fault> {
        self.saw("info");
        Ok(ResponseInfo { version: r.version, last_block_height: 42, ..Default::default() })
    }

    fn init_chain(&self, r: RequestInitChain) -> Result<ResponseInitChain, Fault> {
        self.saw("init_chain");
        Ok(ResponseInitChain {
            consensus_params: r.consensus_params,
            validators: r.validators,
            app_hash: r.app_state_bytes,
        })
    }

    fn query(&self, r: RequestQuery) -> Result<ResponseQuery, Fault> {
        self.saw("query");
        fail(r.path.as_bytes())?;
        Ok(ResponseQuery { key: r.data, height: r.height, log: r.path, ..Default::default() })
    }

    fn check_txs(&self, burst: Vec<RequestCheckTx>) -> Result<Vec<ResponseCheckTx>, Fault> {
        self.bursts.lock().unwrap().push(burst.len());
        if burst.iter().any(|r| &*r.tx == b"short") {
            return Ok(vec![]);
        }
        let answer = |r: RequestCheckTx| {
            fail(&r.tx)?;
            Ok(ResponseCheckTx { data: r.tx, code: r.r#type as u32, ..Default::default() })
        };
        burst.into_iter().map(answer).collect()
    }

    fn prepare_proposal(&self, r: RequestPrepareProposal) -> Result<ResponsePrepareProposal, Fault> {
        self.saw("prepare_proposal");
        Ok(ResponsePrepareProposal { txs: r.txs.into_iter().rev().collect() })
    }

    fn process_proposal(&self, r: RequestProcessProposal) -> Result<ResponseProcessProposal, Fault> {
        self.saw("process_proposal");
        Ok(ResponseProcessProposal { status: if r.txs.is_empty() { 1 } else { 2 } })
    }

    fn extend_vote(&self, r: RequestExtendVote) -> Result<ResponseExtendVote, Fault> {
        self.saw("extend_vote");
        Ok(ResponseExtendVote { vote_extension: r.hash })
    }

    fn verify_vote_extension(&self, r: RequestVerifyVoteExtension) -> Result<ResponseVerifyVoteExtension, Fault> {
        self.saw("verify_vote_extension");
        Ok(ResponseVerifyVoteExtension { status: if r.vote_extension.is_empty() { 1 } else { 2 } })
    }

    fn finalize_block(&self, r: RequestFinalizeBlock) -> Result<ResponseFinalizeBlock, Fault> {
        self.saw("finalize_block");
        let result = |tx| ExecTxResult { data: tx, ..Default::default() };
        Ok(ResponseFinalizeBlock {
            tx_results: r.txs.into_iter().map(result).collect(),
            app_hash: r.hash,
            ..Default::default()
        })
    }

    fn commit(&self) -> Result<ResponseCommit, Fault> {
        self.saw("commit");
        Ok(ResponseCommit { retain_height: 9 })
    }

    fn list_snapshots(&self) -> Result<ResponseListSnapshots, Fault> {
        self.saw("list_snapshots");
        Ok(ResponseListSnapshots { snapshots: vec![Snapshot { height: 3, ..Default::default() }] })
    }

    fn offer_snapshot(&self, r: RequestOfferSnapshot) -> Result<ResponseOfferSnapshot, Fault> {
        self.saw("offer_snapshot");
        Ok(ResponseOfferSnapshot { result: r.snapshot.map_or(0, |s| s.format as i32) })
    }

    fn load_snapshot_chunk(&self, r: RequestLoadSnapshotChunk) -> Result<ResponseLoadSnapshotChunk, Fault> {
        self.saw("load_snapshot_chunk");
        Ok(ResponseLoadSnapshotChunk { chunk: vec![r.chunk as u8].into() })
    }

    fn apply_snapshot_chunk(&self, r: RequestApplySnapshotChunk) -> Result<ResponseApplySnapshotChunk, Fault> {
        self.saw("apply_snapshot_chunk");
        let reject_senders = vec![r.sender];
        Ok(ResponseApplySnapshotChunk { result: 1, refetch_chunks: vec![r.index], reject_senders })
    }
}

/// A server on a thread of its own; stopped when dropped.
pub(crate) struct Running {
    pub(crate) app: Arc<TestApp>,
    pub(crate) tcp: Option<SocketAddr>,
    stop: StopHandle,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

impl Running {
    pub(crate) fn at(address: &str) -> Running {
        let address: Address = address.parse().unwrap();
        let server = Server::bind(&address, CONFIG).unwrap();
        let tcp = server.local_addr();
        let stop = StopHandle::new().unwrap();
        let app = Arc::new(TestApp::default());
        let thread = thread::spawn({
            let (app, stop) = (app.clone(), stop.clone());
            move || server.run(app, &stop)
        });
        Running { app, tcp, stop, thread: Some(thread) }
    }

    pub(crate) fn tcp() -> Running {
        Running::at("tcp://127.0.0.1:0")
    }

    pub(crate) fn client(&self) -> RawClient<TcpStream> {
        let stream = TcpStream::connect(self.tcp.unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        RawClient(stream)
    }

    /// What `run` returned by itself.
    pub(crate) fn result(mut self) -> Result<(), Error> {
        self.thread.take().unwrap().join().unwrap()
    }

    pub(crate) fn stop(mut self) -> Result<(), Error> {
        self.stop.stop();
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Writes frames and reads frames.
pub(crate) struct RawClient<S>(pub(crate) S);

impl<S: Read + Write> RawClient<S> {
    pub(crate) fn send(&mut self, requests: impl IntoIterator<Item = request::Value>) {
        self.0.write_all(&encode(requests)).unwrap();
    }

    /// The next response; `None` when the server has closed the connection.
    pub(crate) fn receive(&mut self) -> Option<response::Value> {
        let mut prefix = Vec::new();
        while prefix.last().is_none_or(|b| b & 0x80 != 0) {
            let mut byte = [0];
            if self.0.read(&mut byte).unwrap() == 0 {
                return None;
            }
            prefix.push(byte[0]);
        }
        let len = prost::decode_length_delimiter(&*prefix).unwrap();
        let mut frame = vec![0; len];
        self.0.read_exact(&mut frame).unwrap();
        Some(Response::decode(&*frame).unwrap().value.unwrap())
    }

    pub(crate) fn exception(&mut self) -> String {
        match self.receive() {
            Some(response::Value::Exception(e)) => e.error,
            other => panic!("not an exception: {other:?}"),
        }
    }
}

pub(crate) fn encode(requests: impl IntoIterator<Item = request::Value>) -> Vec<u8> {
    let frame = |value| Request { value: Some(value) }.encode_length_delimited_to_vec();
    requests.into_iter().flat_map(frame).collect()
}

pub(crate) fn check(tx: impl Into<Vec<u8>>) -> request::Value {
    let tx = tx.into().into();
    request::Value::CheckTx(RequestCheckTx { tx, r#type: 0 })
}

pub(crate) fn echo(message: &str) -> request::Value {
    request::Value::Echo(RequestEcho { message: message.into() })
}
