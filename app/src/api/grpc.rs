//! The gRPC server: every method by its bytes, reflection, gRPC-web.

use std::{convert::Infallible, future::Future, net::IpAddr, pin::Pin, sync::Arc, time::Instant};

use bytes::{Buf, BufMut, Bytes};
use http::{Request, Response};
use hyper::body::Incoming;
use prost::Message as _;
use prost_reflect::prost_types::FileDescriptorSet;
use synergy_proto::DESCRIPTORS;
use tonic::{
    Code, Status,
    body::{BoxBody, boxed},
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataValue,
    server::{Grpc, UnaryService},
};
use tonic_reflection::{pb, server::Builder};
use tower::{Layer, ServiceExt, util::BoxCloneSyncService};

use super::{
    backend::{Backend, HEIGHT, requested_height},
    cors,
    server::Handler,
};
use crate::{config::AppConfig, metrics};

type Reflection = BoxCloneSyncService<Request<BoxBody>, Response<BoxBody>, Infallible>;

/// Answers the requests of the gRPC port.
pub(super) struct GrpcHandler {
    backend: Arc<Backend>,
    reflection_v1: Reflection,
    reflection_v1alpha: Reflection,
    max_recv: usize,
    max_send: usize,
    web: bool,
    cors: bool,
}

impl GrpcHandler {
    /// A handler over the methods.
    ///
    /// # Errors
    /// When the descriptor set, which is part of the program, is damaged.
    pub(super) fn new(backend: Arc<Backend>, config: &AppConfig) -> Result<Arc<Self>, String> {
        let damaged = |e: String| format!("descriptor set: {e}");
        let files = FileDescriptorSet::decode(DESCRIPTORS).map_err(|e| damaged(e.to_string()))?;
        let builder = || {
            let services = backend.schema().services();
            services.into_iter().fold(
                Builder::configure()
                    .register_file_descriptor_set(files.clone())
                    // Each describes both, so that clients can choose.
                    .register_encoded_file_descriptor_set(pb::v1::FILE_DESCRIPTOR_SET)
                    .register_encoded_file_descriptor_set(pb::v1alpha::FILE_DESCRIPTOR_SET)
                    .with_service_name("grpc.reflection.v1.ServerReflection")
                    .with_service_name("grpc.reflection.v1alpha.ServerReflection"),
                Builder::with_service_name,
            )
        };
        let v1 = builder().build_v1().map_err(|e| damaged(e.to_string()))?;
        let v1alpha = builder().build_v1alpha().map_err(|e| damaged(e.to_string()))?;
        Ok(Arc::new(Self {
            reflection_v1: BoxCloneSyncService::new(v1),
            reflection_v1alpha: BoxCloneSyncService::new(v1alpha),
            max_recv: config.grpc.max_recv_msg_size,
            max_send: config.grpc.max_send_msg_size,
            web: config.grpc.web,
            cors: config.api.enabled_unsafe_cors,
            backend,
        }))
    }

    /// A gRPC request; gRPC-web is translated already.
    async fn grpc(self: Arc<Self>, client: IpAddr, request: Request<BoxBody>) -> Response<BoxBody> {
        let (start, path) = (Instant::now(), request.uri().path().to_owned());
        let admitted = self.backend.admit(client);
        let response = match admitted {
            Err(status) => status.into_http(),
            Ok(_permit) => match path.as_str() {
                "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo" => {
                    into_ok(self.reflection_v1.clone().oneshot(request).await)
                }
                "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" => {
                    into_ok(self.reflection_v1alpha.clone().oneshot(request).await)
                }
                _ => self.unary(&path, request).await,
            },
        };
        let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
        let method = if self.backend.schema().method(&path).is_some() { &path } else { "other" };
        metrics::request("grpc", method, code as i32, start.elapsed());
        response
    }

    async fn unary(&self, path: &str, request: Request<BoxBody>) -> Response<BoxBody> {
        if let Err(status) = self.backend.method(path) {
            return status.into_http();
        }
        let method = Method { backend: self.backend.clone(), path: path.to_owned() };
        let mut grpc =
            Grpc::new(RawCodec).max_decoding_message_size(self.max_recv).max_encoding_message_size(self.max_send);
        let answer = grpc.unary(method, request);
        tokio::time::timeout(self.backend.timeout(), answer)
            .await
            .unwrap_or_else(|_| self.backend.too_slow().into_http())
    }
}

impl Handler for GrpcHandler {
    async fn handle(self: Arc<Self>, client: IpAddr, request: Request<Incoming>) -> Response<BoxBody> {
        if self.cors && cors::is_preflight(&request) {
            return cors::preflight();
        }
        let (web, cors) = (self.web, self.cors);
        let inner = tower::service_fn(move |request| {
            let handler = self.clone();
            async move { Ok::<_, Infallible>(handler.grpc(client, request).await) }
        });
        let request = request.map(boxed);
        let mut response = if web {
            let service = tonic_web::GrpcWebLayer::new().layer(inner);
            into_ok(service.oneshot(request).await)
        } else {
            into_ok(inner.oneshot(request).await)
        };
        if cors {
            cors::allow(response.headers_mut());
        }
        response
    }
}

fn into_ok<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// One method, as tonic calls it.
struct Method {
    backend: Arc<Backend>,
    path: String,
}

impl UnaryService<Bytes> for Method {
    type Response = Bytes;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<Bytes>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<Bytes>) -> Self::Future {
        let (backend, path) = (self.backend.clone(), self.path.clone());
        Box::pin(async move {
            let height = requested_height(request.metadata().get(HEIGHT).map(MetadataValue::as_bytes))?;
            let answer = backend.call(&path, request.into_inner(), height, Ok).await?;
            let mut response = tonic::Response::new(Bytes::from(answer.message));
            response.metadata_mut().insert(HEIGHT, answer.height.into());
            Ok(response)
        })
    }
}

/// Messages as the bytes they are.
#[derive(Clone, Copy, Default)]
struct RawCodec;

impl Codec for RawCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
