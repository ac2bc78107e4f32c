//! gRPC and REST: the same methods that modules answer over ABCI queries, for
//! clients, on threads apart from consensus.
//!
//! [`backend`] calls any method by its path, in bytes. [`grpc`] puts that on the
//! wire as it is; [`rest`] translates JSON to these bytes and back by what the
//! descriptor set ([`schema`]) says of the method. Neither knows a module: one that
//! is added to the chain is served, reflected and documented by having its `.proto`
//! files below `proto/`. [`node`] adds the services of the node itself, which
//! CometBFT is asked for.

#![allow(clippy::result_large_err, reason = "tonic's Status, which its servers and handlers speak")]

mod backend;
mod cors;
mod grpc;
mod limits;
mod node;
mod rest;
mod schema;
mod server;
mod status;

use std::{net::SocketAddr, path::Path, sync::Arc, thread::JoinHandle, time::Duration};

use tokio::{runtime::Runtime, sync::watch};

pub use self::rest::{Found, Transcoder, answer_json};
use self::{backend::Backend, grpc::GrpcHandler, rest::RestHandler, server::Port};
use crate::{App, config::AppConfig};

/// How far below the block-making threads the servers' threads run (nice(2)).
const NICE: i32 = 10;
/// Stack of a query's thread; a contract or a deep message needs more than the
/// usual 2 MiB.
const STACK: usize = 8 << 20;

/// The servers of a node while they run.
pub struct Servers {
    grpc: Option<SocketAddr>,
    rest: Option<SocketAddr>,
    stop: watch::Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Servers {
    /// Binds the ports that `config` enables and serves them; `None` if it enables
    /// none. Paths in it are below `home`.
    ///
    /// # Errors
    /// A port that is taken, TLS files that do not fit, and what to do about it.
    pub fn start(app: &Arc<App>, config: &AppConfig, home: &Path) -> Result<Option<Self>, String> {
        if !config.grpc.enable && !config.api.enable {
            return Ok(None);
        }
        let tls = if config.serving.tls_cert.is_empty() {
            None
        } else {
            Some(server::tls(&home.join(&config.serving.tls_cert), &home.join(&config.serving.tls_key))?)
        };
        let port = |enabled: bool, table: &str, address: &str| {
            let read_timeout = Duration::from_secs(config.api.rpc_read_timeout);
            let bind = || Port::bind(address, tls.clone(), config.api.max_open_connections, read_timeout);
            let bound = enabled.then(bind).transpose();
            bound.map_err(|e| format!("{e}: set {table}.address in app.toml, or {table}.enable = false"))
        };
        let grpc = port(config.grpc.enable, "grpc", &config.grpc.address)?;
        let rest = port(config.api.enable, "api", &config.api.address)?;
        let backend = Arc::new(Backend::new(app.clone(), config)?);
        let handlers = (GrpcHandler::new(backend.clone(), config)?, RestHandler::new(backend, config)?);
        let runtime = runtime(config.serving.threads)?;
        let (stop, stopped) = watch::channel(());
        let addresses = (grpc.as_ref().map(|p| p.address), rest.as_ref().map(|p| p.address));
        let thread = std::thread::Builder::new()
            .name("api".into())
            .spawn(move || serve(runtime, grpc.map(|p| (p, handlers.0)), rest.map(|p| (p, handlers.1)), stopped))
            .map_err(|e| e.to_string())?;
        let servers = Self { grpc: addresses.0, rest: addresses.1, stop, thread: Some(thread) };
        let shown = |address: Option<SocketAddr>| address.map_or_else(|| "off".to_owned(), |a| a.to_string());
        tracing::info!(grpc = shown(servers.grpc), rest = shown(servers.rest), "serving clients");
        Ok(Some(servers))
    }

    /// Where gRPC is served.
    pub fn grpc_address(&self) -> Option<SocketAddr> {
        self.grpc
    }

    /// Where REST is served.
    pub fn rest_address(&self) -> Option<SocketAddr> {
        self.rest
    }
}

impl Drop for Servers {
    /// Takes no more requests and waits for the open ones, a few seconds at most.
    fn drop(&mut self) {
        let _ = self.stop.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Threads of their own: two that move bytes, and as many as `serving.threads` for
/// queries and for calls that wait for CometBFT each.
fn runtime(queries: usize) -> Result<Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(queries.saturating_mul(2))
        .thread_name("api")
        .thread_stack_size(STACK)
        // On Linux the priority is the thread's own.
        .on_thread_start(|| {
            let _ = rustix::process::nice(NICE);
        })
        .enable_all()
        .build()
        .map_err(|e| format!("the threads of gRPC and REST cannot be started: {e}"))
}

fn serve(
    runtime: Runtime,
    grpc: Option<(Port, Arc<GrpcHandler>)>,
    rest: Option<(Port, Arc<RestHandler>)>,
    stop: watch::Receiver<()>,
) {
    let grpc_stop = stop.clone();
    let (grpc, rest) = runtime.block_on(async move {
        tokio::join!(
            async move { if let Some((port, handler)) = grpc { port.serve(handler, grpc_stop).await } else { Ok(()) } },
            async move { if let Some((port, handler)) = rest { port.serve(handler, stop).await } else { Ok(()) } },
        )
    });
    for error in [grpc, rest].into_iter().filter_map(Result::err) {
        tracing::error!("a server of gRPC or REST cannot run: {error}");
    }
    // A query that still runs is left behind: it changes nothing.
    runtime.shutdown_timeout(Duration::from_millis(100));
}
