//! What both servers stand on: every gRPC method by its path, in bytes, on
//! threads apart from consensus and within limits.

use std::{net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use prost_reflect::MethodDescriptor;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

use super::{limits::RateLimit, node::Node, schema::Schema, status};
use crate::{App, config::AppConfig, services};

/// Name of the metadata and HTTP header that ask for a height and tell it.
pub(super) const HEIGHT: &str = "x-cosmos-block-height";

/// An encoded response message and the height it speaks of.
pub(super) struct Answer {
    pub(super) message: Vec<u8>,
    pub(super) height: u64,
}

/// The methods of one node.
pub(super) struct Backend {
    app: Arc<App>,
    node: Node,
    schema: Arc<Schema>,
    rate: RateLimit,
    /// Requests in work or waiting.
    requests: Arc<Semaphore>,
    /// Queries that run.
    threads: Arc<Semaphore>,
    /// Calls that may wait for CometBFT, apart so that they keep no query waiting.
    waiting: Arc<Semaphore>,
    timeout: Duration,
}

impl Backend {
    /// The methods of `app`'s modules and of the node.
    ///
    /// # Errors
    /// A bad address of CometBFT's RPC.
    pub(super) fn new(app: Arc<App>, config: &AppConfig) -> Result<Self, String> {
        let serving = &config.serving;
        let timeout = Duration::from_secs(serving.timeout);
        let node = Node::new(app.clone(), &serving.comet, timeout)?;
        let mut served: Vec<&str> = app.chain().routes.queries().collect();
        served.extend_from_slice(&services::METHODS);
        served.extend_from_slice(&Node::methods().collect::<Vec<_>>());
        let schema = Schema::new(served)?;
        Ok(Self {
            app,
            node,
            schema,
            rate: RateLimit::new(serving.rate_limit, serving.rate_burst, serving.rate_limit_loopback),
            requests: Arc::new(Semaphore::new(serving.max_requests)),
            threads: Arc::new(Semaphore::new(serving.threads)),
            waiting: Arc::new(Semaphore::new(serving.threads)),
            timeout,
        })
    }

    pub(super) fn app(&self) -> &Arc<App> {
        &self.app
    }

    pub(super) fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// How long a request may take, its body included.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Lets a request of a client in, for as long as the permit is held.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED for a client beyond its rate or a node with too much to do.
    pub(super) fn admit(&self, client: IpAddr) -> Result<OwnedSemaphorePermit, Status> {
        if let Err(wait) = self.rate.take(client) {
            let ms = wait.as_millis();
            return Err(Status::resource_exhausted(format!("too many requests from {client}: wait {ms} ms")));
        }
        self.requests.clone().try_acquire_owned().map_err(|_| {
            Status::resource_exhausted("the node is busy: too many requests are waiting, try again in a moment")
        })
    }

    /// The descriptor of a method that is served.
    ///
    /// # Errors
    /// UNIMPLEMENTED, in the words of grpc-go, by which clients know that a chain
    /// lacks a module.
    pub(super) fn method(&self, path: &str) -> Result<&MethodDescriptor, Status> {
        self.schema.method(path).ok_or_else(|| {
            let shown: String = path.chars().take(200).collect();
            let (service, method) = shown.trim_start_matches('/').rsplit_once('/').unwrap_or((&shown, ""));
            Status::unimplemented(if self.schema.services().contains(service) {
                format!("unknown method {method} for service {service}")
            } else {
                format!("unknown service {service}")
            })
        })
    }

    /// Calls a method, `height` 0 being the latest, and lets `finish` work on its
    /// answer in the method's thread.
    ///
    /// # Errors
    /// UNIMPLEMENTED for a path without a handler; DEADLINE_EXCEEDED; or what the
    /// method or `finish` fails with.
    pub(super) async fn call<T: Send + 'static>(
        self: &Arc<Self>,
        path: &str,
        request: Bytes,
        height: u64,
        finish: impl FnOnce(Answer) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        self.method(path)?;
        let (backend, path) = (self.clone(), path.to_owned());
        let work = async move {
            let threads = if Node::asks_comet(&path) { &backend.waiting } else { &backend.threads };
            let permit = threads.clone().acquire_owned().await.map_err(|_| stopping())?;
            let run = tokio::task::spawn_blocking(move || {
                // Held until the work ends, which may be after its client was answered.
                let _permit = permit;
                backend.run(&path, &request, height).and_then(finish)
            });
            run.await.unwrap_or_else(|e| Err(Status::internal(format!("the method failed: {e}"))))
        };
        tokio::time::timeout(self.timeout, work).await.unwrap_or_else(|_| Err(self.too_slow()))
    }

    pub(super) fn too_slow(&self) -> Status {
        Status::deadline_exceeded(format!("no answer within {} s (serving.timeout)", self.timeout.as_secs()))
    }

    fn run(&self, path: &str, request: &[u8], height: u64) -> Result<Answer, Status> {
        let height = if height == 0 { self.app.store().head().height } else { height };
        let message = match self.node.call(path, request) {
            Some(answer) => answer?,
            None => self.app.call(path, request, height).map_err(|e| status::from_error(&e))?,
        };
        Ok(Answer { message, height })
    }
}

fn stopping() -> Status {
    Status::unavailable("the node is stopping")
}

/// Reads the height that a client asks for; none is the latest.
pub(super) fn requested_height(text: Option<&[u8]>) -> Result<u64, Status> {
    let Some(text) = text else { return Ok(0) };
    let height = std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok());
    height.ok_or_else(|| Status::invalid_argument(format!("{HEIGHT}: not a height, write a whole number such as 42")))
}
