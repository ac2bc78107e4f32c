//! The REST server: JSON over HTTP by the `google.api.http` annotations, as the
//! SDK's grpc-gateway.

mod answers;
mod input;
mod json;
mod openapi;
mod routes;
mod template;
mod transcoder;

use std::{net::IpAddr, sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde_json::json;
use tonic::{
    Code, Status,
    body::{BoxBody, boxed},
};

pub use self::{
    answers::answer_json,
    transcoder::{Found, Transcoder},
};
use super::{
    backend::{Answer, Backend, HEIGHT, requested_height},
    cors,
    server::Handler,
    status,
};
use crate::{config::AppConfig, metrics, registry};

/// The header of the gateway that tells the height.
const GATEWAY_HEIGHT: &str = "grpc-metadata-x-cosmos-block-height";
/// Headers that ask for a height.
const ASK_HEIGHT: [&str; 2] = [HEIGHT, GATEWAY_HEIGHT];

/// Blocks, transactions, accounts, models and validators for people.
const EXPLORER: &str = include_str!("explorer.html");
/// The methods, to try them.
const METHODS: &str = include_str!("page.html");

/// Answers the requests of the REST port.
pub(super) struct RestHandler {
    backend: Arc<Backend>,
    transcoder: Arc<Transcoder>,
    max_body: usize,
    /// The OpenAPI document, if it and the pages are served.
    document: Option<Bytes>,
    cors: bool,
}

/// A finished answer: its body's type, its body, and the height it speaks of.
struct Reply {
    kind: &'static str,
    body: Bytes,
    height: Option<u64>,
}

impl RestHandler {
    /// A handler over the methods.
    ///
    /// # Errors
    /// When an annotation cannot be served.
    pub(super) fn new(backend: Arc<Backend>, config: &AppConfig) -> Result<Arc<Self>, String> {
        let transcoder = Arc::new(Transcoder::of(backend.schema().clone())?);
        let document = config.api.swagger.then(|| transcoder.open_api().into());
        let (max_body, cors) = (config.api.rpc_max_body_bytes, config.api.enabled_unsafe_cors);
        Ok(Arc::new(Self { backend, transcoder, max_body, document, cors }))
    }

    async fn answer(&self, client: IpAddr, request: Request<Incoming>, method: &mut String) -> Result<Reply, Status> {
        let _permit = self.backend.admit(client)?;
        let (verb, path) = (request.method().clone(), request.uri().path().to_owned());
        if let (&Method::GET, Some(document)) = (&verb, &self.document) {
            match path.as_str() {
                "/" => return Ok(Reply::page(EXPLORER)),
                "/swagger" | "/swagger/" => return Ok(Reply::page(METHODS)),
                "/openapi.json" => return Ok(Reply::new("application/json", document.clone())),
                _ => {}
            }
        }
        if let (&Method::GET, Some(which)) = (&verb, registry::Document::at(&path)) {
            return self.registry(which).await;
        }
        let found = self.transcoder.find(&verb, &path)?;
        found.path().clone_into(method);
        let headers = request.headers();
        let height =
            requested_height(ASK_HEIGHT.iter().find_map(|name| headers.get(*name)).map(HeaderValue::as_bytes))?;
        let query = request.uri().query().unwrap_or_default().to_owned();
        let read = Limited::new(request.into_body(), self.max_body).collect();
        let body = tokio::time::timeout(self.backend.timeout(), read).await.map_err(|_| self.backend.too_slow())?;
        let body = body.map_err(|e| match e.downcast::<http_body_util::LengthLimitError>() {
            Ok(_) => too_large(self.max_body),
            Err(e) => Status::invalid_argument(format!("the body cannot be read: {e}")),
        })?;
        let message = self.transcoder.request(&found, &query, &body.to_bytes())?;
        let transcoder = self.transcoder.clone();
        let finish = move |answer: Answer| {
            let body = transcoder.response(&found, &answer.message)?;
            Ok(Reply { kind: "application/json", body: body.into(), height: Some(answer.height) })
        };
        self.backend.call(method, message.into(), height, finish).await
    }

    /// A document about the chain, in the thread of the query that it begins with.
    async fn registry(&self, which: registry::Document) -> Result<Reply, Status> {
        let app = self.backend.app().clone();
        let finish = move |answer: Answer| {
            let value = registry::document(&app, which).map_err(|e| status::from_error(&e))?;
            Ok(Reply { kind: "application/json", body: value.to_string().into(), height: Some(answer.height) })
        };
        self.backend.call("/synergy.feemarket.v1.Query/BaseFee", Bytes::new(), 0, finish).await
    }
}

fn too_large(limit: usize) -> Status {
    Status::out_of_range(format!("the body is larger than {limit} bytes (api.rpc-max-body-bytes)"))
}

impl Reply {
    fn new(kind: &'static str, body: Bytes) -> Self {
        Self { kind, body, height: None }
    }

    fn page(text: &'static str) -> Self {
        Self::new("text/html; charset=utf-8", Bytes::from_static(text.as_bytes()))
    }

    fn into_response(self) -> Response<BoxBody> {
        let mut response = response(StatusCode::OK, self.kind, self.body);
        if let Some(height) = self.height {
            for name in ASK_HEIGHT {
                response.headers_mut().insert(HeaderName::from_static(name), height.into());
            }
        }
        response
    }
}

impl Handler for RestHandler {
    async fn handle(self: Arc<Self>, client: IpAddr, request: Request<Incoming>) -> Response<BoxBody> {
        if self.cors && cors::is_preflight(&request) {
            return cors::preflight();
        }
        let (start, mut method) = (Instant::now(), "other".to_owned());
        let answer = self.answer(client, request, &mut method).await;
        let code = answer.as_ref().err().map_or(Code::Ok, Status::code);
        metrics::request("rest", &method, code as i32, start.elapsed());
        let mut response = answer.map_or_else(|status| failure(&status), Reply::into_response);
        if self.cors {
            cors::allow(response.headers_mut());
        }
        response
    }
}

/// The gateway's error body.
fn failure(status: &Status) -> Response<BoxBody> {
    let body = json!({"code": status.code() as i32, "message": status.message(), "details": []});
    let code = StatusCode::from_u16(status::http(status.code())).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response(code, "application/json", body.to_string().into())
}

fn response(code: StatusCode, kind: &'static str, body: Bytes) -> Response<BoxBody> {
    let mut response = Response::new(boxed(Full::new(body)));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if kind.starts_with("text/html") {
        // A page has its script inside and talks to this server only.
        let policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    response
}
