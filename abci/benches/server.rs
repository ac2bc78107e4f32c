//! This server beside that of tendermint-abci, both doing nothing but carrying:
//! `cargo bench -p synergy-abci`.
//!
//! * `check_tx`: 20,000 transactions of 300 bytes, sent without waiting.
//! * `finalize_block`: one block of 21 MB in transactions of 300 bytes.
//!
//! Rows: over which socket, whose server.

use std::hint::black_box;
use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prost::Message;
use synergy_abci::messages::*;
use synergy_abci::{Address, Application, Config, Fault, Server, StopHandle};
use tendermint_proto::v0_38::abci as theirs;

const TX: usize = 300;
const BURST: usize = 20_000;
const BLOCK: usize = 21_000_000 / TX;

/// Accepts everything.
struct Accepts;

impl Application for Accepts {
    fn check_txs(&self, burst: Vec<RequestCheckTx>) -> Result<Vec<ResponseCheckTx>, Fault> {
        Ok(burst.iter().map(|r| ResponseCheckTx { gas_wanted: r.tx.len() as i64, ..Default::default() }).collect())
    }

    fn finalize_block(&self, r: RequestFinalizeBlock) -> Result<ResponseFinalizeBlock, Fault> {
        let result = |tx: &bytes::Bytes| ExecTxResult { gas_used: tx.len() as i64, ..Default::default() };
        let tx_results = r.txs.iter().map(result).collect();
        Ok(ResponseFinalizeBlock { tx_results, ..Default::default() })
    }

    fn info(&self, _: RequestInfo) -> Result<ResponseInfo, Fault> {
        Ok(ResponseInfo::default())
    }
    fn init_chain(&self, _: RequestInitChain) -> Result<ResponseInitChain, Fault> {
        Ok(ResponseInitChain::default())
    }
    fn query(&self, _: RequestQuery) -> Result<ResponseQuery, Fault> {
        Ok(ResponseQuery::default())
    }
    fn prepare_proposal(&self, _: RequestPrepareProposal) -> Result<ResponsePrepareProposal, Fault> {
        Ok(ResponsePrepareProposal::default())
    }
    fn process_proposal(&self, _: RequestProcessProposal) -> Result<ResponseProcessProposal, Fault> {
        Ok(ResponseProcessProposal::default())
    }
    fn extend_vote(&self, _: RequestExtendVote) -> Result<ResponseExtendVote, Fault> {
        Ok(ResponseExtendVote::default())
    }
    fn verify_vote_extension(&self, _: RequestVerifyVoteExtension) -> Result<ResponseVerifyVoteExtension, Fault> {
        Ok(ResponseVerifyVoteExtension::default())
    }
    fn commit(&self) -> Result<ResponseCommit, Fault> {
        Ok(ResponseCommit::default())
    }
    fn list_snapshots(&self) -> Result<ResponseListSnapshots, Fault> {
        Ok(ResponseListSnapshots::default())
    }
    fn offer_snapshot(&self, _: RequestOfferSnapshot) -> Result<ResponseOfferSnapshot, Fault> {
        Ok(ResponseOfferSnapshot::default())
    }
    fn load_snapshot_chunk(&self, _: RequestLoadSnapshotChunk) -> Result<ResponseLoadSnapshotChunk, Fault> {
        Ok(ResponseLoadSnapshotChunk::default())
    }
    fn apply_snapshot_chunk(&self, _: RequestApplySnapshotChunk) -> Result<ResponseApplySnapshotChunk, Fault> {
        Ok(ResponseApplySnapshotChunk::default())
    }
}

/// The same for tendermint-abci.
#[derive(Clone)]
struct TheirAccepts;

impl tendermint_abci::Application for TheirAccepts {
    fn check_tx(&self, r: theirs::RequestCheckTx) -> theirs::ResponseCheckTx {
        theirs::ResponseCheckTx { gas_wanted: r.tx.len() as i64, ..Default::default() }
    }

    fn finalize_block(&self, r: theirs::RequestFinalizeBlock) -> theirs::ResponseFinalizeBlock {
        let result = |tx: &bytes::Bytes| theirs::ExecTxResult { gas_used: tx.len() as i64, ..Default::default() };
        let tx_results = r.txs.iter().map(result).collect();
        theirs::ResponseFinalizeBlock { tx_results, ..Default::default() }
    }
}

/// Sends `requests` on one thread and counts `responses` on another.
fn exchange<S: Read + Write + Send>(writer: &mut S, reader: S, requests: &[u8], responses: usize) {
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut reader = BufReader::with_capacity(64 * 1024, reader);
            let mut frame = Vec::new();
            for _ in 0..responses {
                let mut len = 0;
                for shift in (0..).step_by(7) {
                    let mut byte = [0];
                    reader.read_exact(&mut byte).unwrap();
                    len |= usize::from(byte[0] & 0x7f) << shift;
                    if byte[0] < 0x80 {
                        break;
                    }
                }
                frame.resize(len, 0);
                reader.read_exact(&mut frame).unwrap();
                black_box(&frame);
            }
        });
        // The Go client hands its socket 4 KiB at a time.
        for piece in requests.chunks(4096) {
            writer.write_all(piece).unwrap();
        }
    });
}

fn check_requests() -> Vec<u8> {
    let tx = |i: usize| vec![i as u8; TX].into();
    let check = |i| request::Value::CheckTx(RequestCheckTx { tx: tx(i), r#type: 0 });
    (0..BURST).flat_map(|i| Request { value: Some(check(i)) }.encode_length_delimited_to_vec()).collect()
}

fn block_request() -> Vec<u8> {
    let txs = (0..BLOCK).map(|i| vec![i as u8; TX].into()).collect();
    let block = RequestFinalizeBlock { txs, ..Default::default() };
    Request { value: Some(request::Value::FinalizeBlock(block)) }.encode_length_delimited_to_vec()
}

fn start_ours(address: &str) -> (Option<SocketAddr>, StopHandle) {
    let server = Server::bind(&address.parse::<Address>().unwrap(), Config::default()).unwrap();
    let (bound, stop) = (server.local_addr(), StopHandle::new().unwrap());
    let handle = stop.clone();
    thread::spawn(move || server.run(Arc::new(Accepts), &stop).unwrap());
    (bound, handle)
}

fn start_theirs(read_buffer: usize) -> String {
    let server = tendermint_abci::ServerBuilder::new(read_buffer).bind("127.0.0.1:0", TheirAccepts).unwrap();
    let bound = server.local_addr();
    thread::spawn(move || drop(server.listen()));
    bound
}

fn carrying(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abci.sock");
    let (_, stop_unix) = start_ours(&format!("unix://{}", path.display()));
    let (ours, stop_tcp) = start_ours("tcp://127.0.0.1:0");
    let buffers = [("64 KiB", start_theirs(64 * 1024)), ("1 MiB", start_theirs(1024 * 1024))];

    for (name, requests, responses, count) in
        [("check_tx", check_requests(), BURST, BURST), ("finalize_block", block_request(), 1, BLOCK)]
    {
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(count as u64)).sample_size(10);
        group.bench_function("unix, ours", |b| {
            let stream = UnixStream::connect(&path).unwrap();
            b.iter(|| exchange(&mut stream.try_clone().unwrap(), stream.try_clone().unwrap(), &requests, responses));
        });
        let mut tcp = |name: String, address: String| {
            group.bench_function(name, |b| {
                let stream = TcpStream::connect(&address).unwrap();
                stream.set_nodelay(true).unwrap();
                b.iter(|| {
                    exchange(&mut stream.try_clone().unwrap(), stream.try_clone().unwrap(), &requests, responses)
                });
            });
        };
        tcp("tcp, ours".into(), ours.unwrap().to_string());
        for (size, address) in &buffers {
            tcp(format!("tcp, tendermint-abci with {size} reads"), address.clone());
        }
        group.finish();
    }
    stop_unix.stop();
    stop_tcp.stop();
}

criterion_group!(benches, carrying);
criterion_main!(benches);
