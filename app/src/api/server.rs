//! A port: its sockets, TLS, connections and their end.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr, TcpListener as StdListener, ToSocketAddrs},
    path::Path,
    sync::Arc,
    time::Duration,
};

use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_rustls::TlsAcceptor;
use tonic::body::BoxBody;

use crate::config::host_port;

/// How long open requests may go on when the node stops.
const GRACE: Duration = Duration::from_secs(5);
/// Streams that one HTTP/2 connection may have open.
const MAX_STREAMS: u32 = 200;
/// Most bytes of a request's head.
const MAX_HEAD: usize = 64 << 10;

/// What answers the requests of a port.
pub(super) trait Handler: Send + Sync + 'static {
    /// Answers a request of a client.
    fn handle(
        self: Arc<Self>,
        client: IpAddr,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<BoxBody>> + Send;
}

/// A port that is bound and not served yet.
pub(super) struct Port {
    sockets: Vec<StdListener>,
    /// The first socket's address.
    pub(super) address: SocketAddr,
    tls: Option<TlsAcceptor>,
    /// Connections that may be opened.
    limit: Arc<Semaphore>,
    read_timeout: Duration,
}

impl Port {
    /// Binds every address that the host has, `localhost` in IPv4 and IPv6.
    ///
    /// # Errors
    /// When none of them can be bound.
    pub(super) fn bind(
        address: &str,
        tls: Option<TlsAcceptor>,
        max_connections: usize,
        read_timeout: Duration,
    ) -> Result<Self, String> {
        let failed = |e: std::io::Error| format!("cannot listen on {address}: {e}");
        let (mut sockets, mut last) = (Vec::new(), None);
        for candidate in host_port(address)?.to_socket_addrs().map_err(failed)? {
            match StdListener::bind(candidate).and_then(|s| s.set_nonblocking(true).map(|()| s)) {
                Ok(socket) => sockets.push(socket),
                // A machine without IPv6 has the name all the same.
                Err(e) if e.kind() == std::io::ErrorKind::AddrNotAvailable => last = Some(e),
                Err(e) => return Err(failed(e)),
            }
        }
        let Some(first) = sockets.first() else {
            return Err(last.map_or_else(|| format!("{address}: the name has no address"), failed));
        };
        let address = first.local_addr().map_err(failed)?;
        Ok(Self { sockets, address, tls, limit: Arc::new(Semaphore::new(max_connections)), read_timeout })
    }

    /// Serves until `stop` changes, then lets open requests end.
    ///
    /// # Errors
    /// When the sockets cannot be polled.
    pub(super) async fn serve<H: Handler>(self, handler: Arc<H>, stop: watch::Receiver<()>) -> Result<(), String> {
        let (graceful, mut accepting) = (Arc::new(GracefulShutdown::new()), tokio::task::JoinSet::new());
        let connections = Arc::new(Connections {
            tls: self.tls,
            builder: builder(self.read_timeout),
            read_timeout: self.read_timeout,
            handler,
        });
        for socket in self.sockets {
            let listener = TcpListener::from_std(socket).map_err(|e| e.to_string())?;
            let (limit, graceful, mut stop) = (self.limit.clone(), graceful.clone(), stop.clone());
            let connections = connections.clone();
            accepting.spawn(async move {
                tokio::select! {
                    () = connections.accept(&listener, limit, &graceful) => {}
                    _ = stop.changed() => {}
                }
            });
        }
        while accepting.join_next().await.is_some() {}
        if let Some(graceful) = Arc::into_inner(graceful) {
            let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
        }
        Ok(())
    }
}

/// What all connections of a port share.
struct Connections<H> {
    tls: Option<TlsAcceptor>,
    builder: Builder<TokioExecutor>,
    read_timeout: Duration,
    handler: Arc<H>,
}

impl<H: Handler> Connections<H> {
    async fn accept(self: &Arc<Self>, listener: &TcpListener, limit: Arc<Semaphore>, graceful: &GracefulShutdown) {
        loop {
            // Beyond the limit new connections wait in the socket's queue.
            let Ok(permit) = limit.clone().acquire_owned().await else { return };
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(e) => {
                    // Out of files, or a connection that went away before its turn.
                    tracing::debug!("accept: {e}");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            };
            let (connections, watcher) = (self.clone(), graceful.watcher());
            tokio::spawn(async move {
                let _permit = permit;
                connections.serve(stream, peer.ip(), watcher).await;
            });
        }
    }

    async fn serve(&self, stream: TcpStream, client: IpAddr, watcher: Watcher) {
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return self.http(stream, client, watcher).await };
        match tokio::time::timeout(self.read_timeout, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.http(stream, client, watcher).await,
            Ok(Err(e)) => tracing::debug!(%client, "TLS handshake: {e}"),
            Err(_) => tracing::debug!(%client, "TLS handshake took too long"),
        }
    }

    async fn http<S>(&self, stream: S, client: IpAddr, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request| {
            let handler = self.handler.clone();
            async move { Ok::<_, std::convert::Infallible>(handler.handle(client, request).await) }
        });
        if let Err(e) = watcher.watch(self.builder.serve_connection(TokioIo::new(stream), service)).await {
            tracing::debug!(%client, "connection: {e}");
        }
    }
}

fn builder(read_timeout: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(read_timeout).max_buf_size(MAX_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
        .keep_alive_interval(Duration::from_secs(60))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// TLS with a certificate chain and key, for HTTP/2 and HTTP/1.1.
///
/// # Errors
/// Files that cannot be read or do not fit together.
pub(super) fn tls(certificates: &Path, key: &Path) -> Result<TlsAcceptor, String> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(certificates)
            .and_then(Iterator::collect)
            .map_err(|e| format!("serving.tls-cert {}: {e}", certificates.display()))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|e| format!("serving.tls-key {}: {e}", key.display()))?;
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|e| format!("serving.tls-cert and serving.tls-key: {e}"))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
