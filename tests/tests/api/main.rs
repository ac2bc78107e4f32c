//! gRPC and REST over an application in memory, as clients see them.

#![allow(clippy::result_large_err, reason = "tonic's Status")]

mod comet;
mod errors;
mod grpc;
mod http;
mod index;
mod limits;
mod rest;

use std::net::SocketAddr;

use prost::Message;
use synergy_app::{api::Servers, config::AppConfig};
use synergy_crypto::Scheme;
use synergy_tests::{Account, TestChain};
use tokio::runtime::Runtime;
use tonic::{Request, Response, Status, codec::ProstCodec, transport::Channel};

/// A chain of a few blocks with its servers on free ports.
struct Node {
    chain: TestChain,
    alice: Account,
    bob: Account,
    servers: Servers,
    runtime: Runtime,
}

impl Node {
    fn new() -> Self {
        Self::with(|_| {})
    }

    /// With settings changed.
    fn with(change: impl FnOnce(&mut AppConfig)) -> Self {
        let mut config = settings();
        change(&mut config);
        let (alice, bob) = (Account::new(Scheme::Secp256k1, 0, 0), Account::new(Scheme::Secp256k1, 1, 1));
        let chain = TestChain::with_config(config.clone(), &[&alice, &bob]);
        let servers = Servers::start(&chain.app, &config, &testdata()).unwrap().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { chain, alice, bob, servers, runtime }
    }

    fn rest(&self) -> SocketAddr {
        self.servers.rest_address().unwrap()
    }

    fn grpc(&self) -> SocketAddr {
        self.servers.grpc_address().unwrap()
    }

    fn get(&self, path: &str) -> http::Answer {
        http::get(self.rest(), path)
    }

    /// Calls a unary method over gRPC.
    fn call<Q, R>(&self, path: &'static str, request: Q) -> Result<R, Status>
    where
        Q: Message + Send + Sync + 'static,
        R: Message + Default + Send + Sync + 'static,
    {
        self.call_with(path, Request::new(request)).map(Response::into_inner)
    }

    /// Calls a unary method with its metadata.
    fn call_with<Q, R>(&self, path: &'static str, request: Request<Q>) -> Result<Response<R>, Status>
    where
        Q: Message + Send + Sync + 'static,
        R: Message + Default + Send + Sync + 'static,
    {
        self.runtime.block_on(async {
            let mut grpc = tonic::client::Grpc::new(self.channel().await);
            grpc.ready().await.map_err(|e| Status::unavailable(e.to_string()))?;
            grpc.unary(request, path.parse().unwrap(), ProstCodec::default()).await
        })
    }

    async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.grpc())).unwrap().connect().await.unwrap()
    }
}

/// Both servers on free ports, without CometBFT.
fn settings() -> AppConfig {
    let mut config = AppConfig::default();
    config.api.enable = true;
    config.api.address = "tcp://127.0.0.1:0".into();
    config.grpc.address = "127.0.0.1:0".into();
    // Nobody listens there.
    config.serving.comet = "tcp://127.0.0.1:1".into();
    config
}

fn testdata() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}
