//! What keeps one client from disturbing the others.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, pem::PemObject},
};
use synergy_app::config::AppConfig;
use synergy_proto::cosmos::bank::v1beta1::{QueryParamsRequest, QueryParamsResponse, QuerySupplyOfRequest};
use tonic::Code;

use super::{Node, http, testdata};

const PARAMS: &str = "/cosmos.bank.v1beta1.Query/Params";

#[test]
fn a_client_beyond_its_rate_is_refused_and_comes_back() {
    let node = Node::with(|config| {
        (config.serving.rate_limit, config.serving.rate_burst) = (5, 3);
        config.serving.rate_limit_loopback = true;
    });
    let codes: Vec<u16> = (0..6).map(|_| node.get("/cosmos/bank/v1beta1/params").status).collect();
    assert_eq!(codes[..3], [200, 200, 200]);
    assert!(codes[3..].contains(&429), "{codes:?}");
    let (_, code, text) =
        (0..5).map(|_| node.get("/cosmos/bank/v1beta1/params")).find(|a| a.status == 429).unwrap().error();
    assert_eq!(code, 8);
    assert!(text.contains("too many requests"), "{text}");
    // Both servers count for one client.
    let refused = (0..5).find_map(|_| node.call::<_, QueryParamsResponse>(PARAMS, QueryParamsRequest {}).err());
    assert_eq!(refused.unwrap().code(), Code::ResourceExhausted);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(node.get("/cosmos/bank/v1beta1/params").status, 200);
}

#[test]
fn clients_of_this_machine_are_not_limited_by_default() {
    let node = Node::with(|config| (config.serving.rate_limit, config.serving.rate_burst) = (1, 1));
    for _ in 0..20 {
        assert_eq!(node.get("/cosmos/bank/v1beta1/params").status, 200);
    }
}

#[test]
fn too_large_requests_are_refused() {
    let node = Node::with(|config| {
        config.api.rpc_max_body_bytes = 1000;
        config.grpc.max_recv_msg_size = 1000;
    });
    let body = format!(r#"{{"tx_bytes": "{}"}}"#, "A".repeat(2000));
    let (status, code, text) = http::post(node.rest(), "/cosmos/tx/v1beta1/simulate", &body).error();
    assert_eq!((status, code), (400, 11));
    assert!(text.contains("larger than 1000 bytes"), "{text}");
    let request = QuerySupplyOfRequest { denom: "x".repeat(2000) };
    let status = node.call::<_, QueryParamsResponse>("/cosmos.bank.v1beta1.Query/SupplyOf", request).unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
    // The node still answers.
    assert_eq!(node.get("/cosmos/bank/v1beta1/params").status, 200);
}

#[test]
fn silent_connections_are_closed() {
    let node = Node::with(|config| config.api.rpc_read_timeout = 1);
    assert!(http::closes_idle(node.rest(), Duration::from_secs(8)));
}

#[test]
fn a_slow_body_times_out() {
    let node = Node::with(|config| config.serving.timeout = 1);
    let mut stream = TcpStream::connect(node.rest()).unwrap();
    stream.write_all(b"POST /cosmos/tx/v1beta1/simulate HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 504");
}

#[test]
fn connections_beyond_the_limit_wait_their_turn() {
    let node = Node::with(|config| config.api.max_open_connections = 1);
    let held = TcpStream::connect(node.rest()).unwrap();
    let rest = node.rest();
    let waiting = std::thread::spawn(move || http::get(rest, "/cosmos/bank/v1beta1/params").status);
    std::thread::sleep(Duration::from_millis(300));
    assert!(!waiting.is_finished());
    drop(held);
    assert_eq!(waiting.join().unwrap(), 200);
}

#[test]
fn the_servers_stop_soon_and_answer_what_is_open() {
    let node = Node::new();
    let rest = node.rest();
    let mut open = TcpStream::connect(rest).unwrap();
    open.write_all(b"GET /cosmos/bank/v1beta1/params HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut first = [0; 12];
    open.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let start = Instant::now();
    let Node { servers, .. } = node;
    drop(servers);
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert!(TcpStream::connect(rest).is_err(), "the port is free");
    let mut rest_of_it = Vec::new();
    open.read_to_end(&mut rest_of_it).unwrap();
    assert!(String::from_utf8_lossy(&rest_of_it).contains("default_send_enabled"));
}

#[test]
fn tls_when_a_certificate_is_set() {
    let node = Node::with(|config| {
        config.serving.tls_cert = "tls-cert.pem".into();
        config.serving.tls_key = "tls-key.pem".into();
    });
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(testdata().join("tls-cert.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    for address in [node.rest(), node.grpc()] {
        let name = "localhost".try_into().unwrap();
        let connection = ClientConnection::new(Arc::new(config.clone()), name).unwrap();
        let stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
        let answer = http::exchange(stream, "GET", "/cosmos/bank/v1beta1/params", &[], b"");
        // On the port of gRPC, plain HTTP is a bad request: but one that arrived.
        assert_eq!(answer.status, if address == node.rest() { 200 } else { 400 });
        // Without TLS nothing is answered.
        let mut plain = TcpStream::connect(address).unwrap();
        plain.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        let _ = plain.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
}

#[test]
fn a_taken_port_and_bad_tls_files_say_what_to_set() {
    let node = Node::new();
    let mut config = node.chain.app.config().clone();
    let start = |config: &AppConfig| {
        let started = synergy_app::api::Servers::start(&node.chain.app, config, &testdata());
        started.err().expect("an error")
    };
    config.grpc.address = node.grpc().to_string();
    let error = start(&config);
    assert!(error.contains("grpc.address") && error.contains("in use"), "{error}");
    config.grpc.address = "127.0.0.1:0".into();
    config.serving.tls_cert = "none.pem".into();
    config.serving.tls_key = "tls-key.pem".into();
    assert!(start(&config).contains("serving.tls-cert"));
    config.serving.tls_cert = "tls-cert.pem".into();
    config.serving.tls_key = "tls-cert.pem".into();
    assert!(start(&config).contains("serving.tls-key"));
}
