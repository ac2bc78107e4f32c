//! CometBFT's JSON-RPC over one kept-alive HTTP connection.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde_json::{Value, json};

use super::error::{Error, Result, bail, error};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Simulating the seal of a large model takes the node seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(120);
/// Longest answer that is read.
const MAX_BODY: u64 = 256 << 20;

/// A node's RPC.
pub(crate) struct Rpc {
    node: String,
    /// `host:port`.
    authority: String,
    path: String,
    connection: Option<BufReader<TcpStream>>,
}

/// The answer to an ABCI query whose code is 0.
#[derive(Debug)]
pub(crate) struct QueryAnswer {
    pub(crate) value: Vec<u8>,
    pub(crate) height: i64,
    /// `data` of the proof operators.
    pub(crate) proof: Vec<Vec<u8>>,
}

impl Rpc {
    /// Takes an address; nothing is sent yet.
    pub(crate) fn new(node: &str) -> Result<Self> {
        let (scheme, rest) = node.split_once("://").unwrap_or(("tcp", node));
        match scheme {
            "tcp" | "http" => {}
            "https" => bail!(
                "--node {node}: https is not spoken here; use http:// to a node you trust, or a tunnel such as `ssh -L 26657:127.0.0.1:26657 HOST`"
            ),
            _ => bail!("--node {node}: write tcp://HOST:PORT or http://HOST:PORT/PATH"),
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.is_empty() {
            bail!("--node {node}: the host is missing; write tcp://HOST:PORT");
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let default_port = if scheme == "http" { 80 } else { 26657 };
        let authority = if has_port { authority.to_owned() } else { format!("{authority}:{default_port}") };
        Ok(Self { node: node.to_owned(), authority, path: format!("/{path}"), connection: None })
    }

    /// Calls a method.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let reused = self.connection.is_some();
        let answer = match self.exchange(&body) {
            // The node may have closed an idle connection.
            Err(e) if reused && closed(&e) => self.exchange(&body),
            other => other,
        };
        let (status, body) = answer.map_err(|e| self.unreachable(&e))?;
        let answer: Value = serde_json::from_slice(&body)
            .map_err(|_| error!("{} answered HTTP {status} without JSON: is it CometBFT's RPC address?", self.node))?;
        match answer.get("error") {
            None | Some(Value::Null) => Ok(answer.get("result").cloned().unwrap_or_default()),
            Some(fault) => {
                let text = |key| fault.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
                let (message, data) = (text("message"), text("data"));
                Err(Error(if data.is_empty() { message } else { data }))
            }
        }
    }

    fn exchange(&mut self, body: &str) -> io::Result<(u16, Vec<u8>)> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => BufReader::new(connect(&self.authority)?),
        };
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.path,
            self.authority,
            body.len()
        );
        let stream = connection.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let (status, keep, body) = read_response(&mut connection)?;
        if keep {
            self.connection = Some(connection);
        }
        Ok((status, body))
    }

    fn unreachable(&self, e: &io::Error) -> Error {
        let kind = e.kind();
        if matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
            return error!("node at {} did not answer in time: try again, or ask another node with --node", self.node);
        }
        error!(
            "cannot reach node at {} ({e}): is cometbft running? start it with `synergyd start --with-comet`, or name another node with --node",
            self.node
        )
    }

    /// Asks the application; an answer with another code than 0 is an error.
    pub(crate) fn query(&mut self, path: &str, data: &[u8], height: u64, prove: bool) -> Result<QueryAnswer> {
        let params = json!({"path": path, "data": hex::encode(data), "height": height.to_string(), "prove": prove});
        let result = self.call("abci_query", &params)?;
        let response = &result["response"];
        let code = response["code"].as_u64().unwrap_or(0);
        if code != 0 {
            let log = response["log"].as_str().unwrap_or_default();
            let codespace = response["codespace"].as_str().unwrap_or_default();
            bail!("{log} (codespace {codespace}, code {code})");
        }
        let proof = response["proofOps"]["ops"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(QueryAnswer {
            value: bytes(&response["value"])?,
            height: integer(&response["height"]),
            proof: proof.iter().map(|op| bytes(&op["data"])).collect::<Result<_>>()?,
        })
    }

    /// Sends a request of a gRPC method over the application's query.
    pub(crate) fn grpc<Q: prost::Message, R: prost::Message + Default>(
        &mut self,
        path: &str,
        request: &Q,
    ) -> Result<R> {
        let answer = self.query(path, &request.encode_to_vec(), 0, false)?;
        R::decode(answer.value.as_slice()).map_err(|e| {
            error!("the node's answer to {path} cannot be read ({e}): is it the same version as this one?")
        })
    }

    pub(crate) fn status(&mut self) -> Result<Value> {
        self.call("status", &json!({}))
    }

    /// The chain id that the node serves.
    pub(crate) fn chain_id(&mut self) -> Result<String> {
        let status = self.status()?;
        Ok(status["node_info"]["network"].as_str().unwrap_or_default().to_owned())
    }

    /// Looks a transaction up; `None` when it is in no block yet.
    pub(crate) fn tx(&mut self, hash: &[u8]) -> Result<Option<Value>> {
        match self.call("tx", &json!({"hash": BASE64.encode(hash), "prove": false})) {
            Ok(found) => Ok(Some(found)),
            Err(e) if e.0.contains("not found") => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Waits for a transaction to be in a block.
    pub(crate) fn wait_tx(&mut self, hash: &[u8], timeout: Duration) -> Result<Value> {
        let until = Instant::now() + timeout;
        loop {
            if let Some(found) = self.tx(hash)? {
                return Ok(found);
            }
            if Instant::now() >= until {
                bail!(
                    "transaction {} is in no block after {} s: it may still come; look with `synergyd query wait-tx`",
                    hex::encode_upper(hash),
                    timeout.as_secs()
                );
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// Decodes a base64 text of an answer; null is empty.
pub(crate) fn bytes(value: &Value) -> Result<Vec<u8>> {
    BASE64
        .decode(value.as_str().unwrap_or_default())
        .map_err(|e| error!("the node sent bytes that are not base64 ({e}): is something between you and it?"))
}

/// Reads an integer that JSON-RPC sends as text; 0 when there is none.
pub(crate) fn integer(value: &Value) -> i64 {
    value.as_str().and_then(|text| text.parse().ok()).or_else(|| value.as_i64()).unwrap_or(0)
}

fn closed(e: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(e.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

fn connect(authority: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in authority.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(READ_TIMEOUT))?;
                stream.set_write_timeout(Some(READ_TIMEOUT))?;
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(e) => last = e,
        }
    }
    Err(last)
}

/// Reads status, whether the connection stays open, and the body.
fn read_response(reader: &mut impl BufRead) -> io::Result<(u16, bool, Vec<u8>)> {
    let status_line = read_line(reader)?;
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| invalid("this is no HTTP answer"))?;
    let (mut length, mut chunked, mut keep) = (None, false, status_line.starts_with("HTTP/1.1"));
    loop {
        let header = read_line(reader)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').ok_or_else(|| invalid("bad HTTP header"))?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok(),
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "connection" => keep = !value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    let mut body = Vec::new();
    match length {
        _ if chunked => read_chunks(reader, &mut body)?,
        Some(length) => read_exactly(reader, length, &mut body)?,
        None => {
            keep = false;
            reader.take(MAX_BODY).read_to_end(&mut body)?;
        }
    }
    Ok((status, keep, body))
}

fn read_chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let line = read_line(reader)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| invalid("bad HTTP chunk"))?;
        if size == 0 {
            while !read_line(reader)?.is_empty() {}
            return Ok(());
        }
        read_exactly(reader, size, body)?;
        read_line(reader)?;
    }
}

fn read_exactly(reader: &mut impl BufRead, length: u64, body: &mut Vec<u8>) -> io::Result<()> {
    if length > MAX_BODY.saturating_sub(body.len() as u64) {
        return Err(invalid("the answer is too long"));
    }
    if reader.take(length).read_to_end(body)? as u64 == length {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if reader.take(16 << 10).read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> io::Result<(u16, bool, Vec<u8>)> {
        read_response(&mut text.as_bytes())
    }

    #[test]
    fn bodies_by_length_by_chunks_and_to_the_end() {
        let (status, keep, body) = read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi+rest").unwrap();
        assert_eq!((status, keep, body.as_slice()), (200, true, &b"hi"[..]));
        let (_, keep, body) =
            read("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n1;x\r\nd\r\n0\r\n\r\n")
                .unwrap();
        assert_eq!((keep, body.as_slice()), (false, &b"abcd"[..]));
        assert_eq!(read("HTTP/1.0 200 OK\r\n\r\nall").unwrap(), (200, false, b"all".to_vec()));
    }

    #[test]
    fn broken_answers_are_errors() {
        for text in ["", "x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "HTTP/1.1 200 OK\r\nx\r\n\r\n"]
        {
            assert!(read(text).is_err(), "{text:?}");
        }
        assert!(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").is_err());
        assert!(read("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").is_err());
    }

    #[test]
    fn addresses() {
        assert_eq!(Rpc::new("tcp://localhost").unwrap().authority, "localhost:26657");
        assert_eq!(Rpc::new("http://h/rpc").unwrap().path, "/rpc");
        assert_eq!(Rpc::new("h:5").unwrap().authority, "h:5");
        for bad in ["https://h", "ftp://h", "tcp://"] {
            assert!(Rpc::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nobody_there_says_what_to_start() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let error = Rpc::new(&format!("tcp://127.0.0.1:{port}")).unwrap().status().unwrap_err();
        assert!(error.0.contains("is cometbft running?"), "{error}");
    }
}
