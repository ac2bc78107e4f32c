//! What happens on the wire: order, bursts, limits, broken peers, faults.

use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;
use std::time::Duration;

use crate::support::{CONFIG, RawClient, Running, check, echo, encode};
use prost::encoding::encode_varint;
use synergy_abci::messages::*;
use synergy_abci::{Address, Error, Fault, Server};

fn unix(path: &std::path::Path) -> RawClient<UnixStream> {
    let stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    RawClient(stream)
}

#[test]
fn a_unix_socket_serves_replaces_a_stale_file_and_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abci.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "a closed listener leaves its file");

    let server = Running::at(&format!("unix://{}", path.display()));
    let mut client = unix(&path);
    client.send([echo("over unix"), request::Value::Commit(RequestCommit {})]);
    let expected = ResponseEcho { message: "over unix".into() };
    assert_eq!(client.receive(), Some(response::Value::Echo(expected)));
    assert_eq!(client.receive(), Some(response::Value::Commit(ResponseCommit { retain_height: 9 })));

    let second = Server::bind(&Address::Unix(path.clone()), CONFIG).unwrap_err();
    assert_eq!(second.kind(), std::io::ErrorKind::AddrInUse);
    server.stop().unwrap();
    assert_eq!(client.receive(), None);
    assert!(!path.exists());
}

#[test]
fn a_file_that_is_not_a_socket_is_never_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    std::fs::write(&path, "precious").unwrap();
    let error = Server::bind(&Address::Unix(path.clone()), CONFIG).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(path).unwrap(), "precious");
}

#[test]
fn answers_come_in_the_order_of_the_requests_and_bursts_are_bounded() {
    let server = Running::tcp();
    let mut client = server.client();
    let tx = |i: usize| format!("tx {i}").into_bytes();
    let requests = (0..100).map(|i| if i % 25 == 24 { echo(&format!("echo {i}")) } else { check(tx(i)) });
    client.send(requests);
    for i in 0..100 {
        match client.receive() {
            Some(response::Value::Echo(r)) => assert_eq!((r.message, i % 25), (format!("echo {i}"), 24)),
            Some(response::Value::CheckTx(r)) => assert_eq!(r.data, tx(i)),
            other => panic!("answer {i} is {other:?}"),
        }
    }
    let bursts = server.app.bursts.lock().unwrap().clone();
    assert_eq!(bursts.iter().sum::<usize>(), 96);
    assert!(bursts.iter().all(|&n| n <= CONFIG.max_burst));
    server.stop().unwrap();
}

#[test]
fn transactions_sent_together_are_checked_together() {
    let server = Running::tcp();
    let mut client = server.client();
    client.0.set_nodelay(true).unwrap();
    client.send((0..5).map(|i| check([i])));
    for i in 0..5 {
        let Some(response::Value::CheckTx(r)) = client.receive() else { panic!("no answer to {i}") };
        assert_eq!(r.data, vec![i]);
    }
    assert_eq!(*server.app.bursts.lock().unwrap(), [5]);
    server.stop().unwrap();
}

#[test]
fn requests_may_arrive_byte_by_byte() {
    let server = Running::tcp();
    let mut client = server.client();
    client.0.set_nodelay(true).unwrap();
    for byte in encode([echo("slow"), check(*b"tx"), request::Value::Flush(RequestFlush {})]) {
        client.0.write_all(&[byte]).unwrap();
    }
    assert!(matches!(client.receive(), Some(response::Value::Echo(r)) if r.message == "slow"));
    assert!(matches!(client.receive(), Some(response::Value::CheckTx(r)) if r.data == b"tx"[..]));
    assert!(matches!(client.receive(), Some(response::Value::Flush(_))));
    server.stop().unwrap();
}

#[test]
fn the_longest_frame_passes_and_one_byte_more_does_not() {
    let server = Running::tcp();
    // Two tags of one byte, two lengths of three.
    let longest = CONFIG.max_frame - 8;
    for (len, passes) in [(longest, true), (longest + 1, false)] {
        let mut client = server.client();
        client.send([check(vec![1; len])]);
        match client.receive() {
            Some(response::Value::CheckTx(r)) => assert!(passes && r.data.len() == len),
            Some(response::Value::Exception(e)) => {
                assert!(!passes && e.error.contains("limit of 100000"), "{}", e.error)
            }
            other => panic!("{other:?}"),
        }
    }
    server.stop().unwrap();
}

#[test]
fn an_announced_terabyte_is_refused_at_once() {
    let server = Running::tcp();
    let mut client = server.client();
    let mut prefix = Vec::new();
    encode_varint(1 << 40, &mut prefix);
    client.0.write_all(&prefix).unwrap();
    assert!(client.exception().contains("1099511627776 bytes is longer than the limit"));
    assert_eq!(client.receive(), None);
    server.stop().unwrap();
}

#[test]
fn a_peer_that_does_not_speak_abci_gets_an_exception_and_harms_nobody() {
    let server = Running::tcp();
    let mut node = server.client();
    let unknown_member = vec![2, 0xca, 0x0c];
    let insert = encode([request::Value::InsertTx(RequestInsertTx { tx: vec![1].into() })]);
    let reap = encode([request::Value::ReapTxs(RequestReapTxs { max_bytes: 1, max_gas: 1 })]);
    let cases = [
        (
            b"GET / HTTP/1.1\r\nHost: localhost:26658\r\nConnection: close\r\nUser-Agent: a browser\r\n\r\n".to_vec(),
            "undecodable",
        ),
        (vec![0xff; 11], "not a varint"),
        (vec![0], "does not know"),
        (unknown_member, "undecodable"),
        (vec![3, 0xca, 0x0c, 0], "does not know"),
        (insert, "mempool.type = \"flood\""),
        (reap, "mempool.type = \"flood\""),
    ];
    for (bytes, expected) in cases {
        let mut client = server.client();
        client.0.write_all(&bytes).unwrap();
        let error = client.exception();
        assert!(error.contains(expected), "{bytes:?}: {error}");
    }
    node.send([echo("still there")]);
    assert!(matches!(node.receive(), Some(response::Value::Echo(_))));
    server.stop().unwrap();
}

#[test]
fn what_came_before_a_broken_request_is_answered() {
    let server = Running::tcp();
    let mut client = server.client();
    let mut bytes = encode([check(*b"good")]);
    bytes.extend([0]);
    client.0.write_all(&bytes).unwrap();
    assert!(matches!(client.receive(), Some(response::Value::CheckTx(r)) if r.data == b"good"[..]));
    assert!(client.exception().contains("does not know"));
    server.stop().unwrap();
}

#[test]
fn a_stream_that_ends_inside_a_message_is_told_so() {
    let server = Running::tcp();
    let mut client = server.client();
    let bytes = encode([echo("whole"), echo("cut off")]);
    client.0.write_all(&bytes[..bytes.len() - 1]).unwrap();
    client.0.shutdown(Shutdown::Write).unwrap();
    assert!(matches!(client.receive(), Some(response::Value::Echo(r)) if r.message == "whole"));
    assert!(client.exception().contains("ended inside a message"));
    server.stop().unwrap();
}

#[test]
fn a_fault_or_panic_is_told_to_the_node_and_ends_the_server() {
    // A transaction costs three bytes here and more than that in the response.
    let block = RequestFinalizeBlock { txs: vec![vec![1].into(); 33_000], ..Default::default() };
    let cases = [
        (check(*b"fault"), "asked to fail"),
        (check(*b"panic"), "panicked: asked to panic"),
        (check(*b"short"), "check_txs gave 0 responses to 1 requests"),
        (request::Value::FinalizeBlock(block), "longer than the limit of 100000"),
    ];
    for (request, expected) in cases {
        let server = Running::tcp();
        let mut bystander = server.client();
        bystander.send([echo("before")]);
        assert!(matches!(bystander.receive(), Some(response::Value::Echo(_))));
        let mut client = server.client();
        client.send([request]);
        assert!(client.exception().contains(expected));
        let Err(Error::Fault(Fault(text))) = server.result() else { panic!("the server went on") };
        assert!(text.contains(expected), "{text}");
        assert_eq!(bystander.receive(), None);
    }
}

#[test]
fn a_fault_of_a_query_ends_its_connection_only() {
    let server = Running::tcp();
    for path in ["fault", "panic"] {
        let mut client = server.client();
        client.send([request::Value::Query(RequestQuery { path: path.into(), ..Default::default() })]);
        assert!(client.exception().contains("asked to"));
        assert_eq!(client.receive(), None);
    }
    let mut client = server.client();
    client.send([echo("alive")]);
    assert!(matches!(client.receive(), Some(response::Value::Echo(_))));
    server.stop().unwrap();
}

#[test]
fn a_server_stopped_before_it_runs_ends_at_once_and_one_in_use_ends_too() {
    let idle = Running::tcp();
    let connected = Running::tcp();
    let mut client = connected.client();
    client.send([echo("hi")]);
    assert!(client.receive().is_some());
    let ended = thread::spawn(move || (idle.stop(), connected.stop())).join().unwrap();
    assert!(matches!(ended, (Ok(()), Ok(()))));
    assert_eq!(client.receive(), None);
}
