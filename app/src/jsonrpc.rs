//! CometBFT's JSON-RPC over one kept-alive HTTP connection.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use serde_json::{Value, json};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest answer that is read.
const MAX_BODY: u64 = 256 << 20;

/// A node's RPC. Nothing is sent before the first call.
pub struct JsonRpc {
    /// `host:port`.
    authority: String,
    path: String,
    patience: Duration,
    connection: Option<BufReader<TcpStream>>,
}

/// Why a call gave no result.
#[derive(Debug)]
pub enum Failure {
    /// The node cannot be reached or did not answer in time.
    Unreachable(io::Error),
    /// Somebody answered, with this HTTP status and something else than JSON.
    NoJson(u16),
    /// The node's own words.
    Refused(String),
}

impl Failure {
    /// Whether the node is there and took too long.
    pub fn is_timeout(&self) -> bool {
        use io::ErrorKind::{TimedOut, WouldBlock};
        matches!(self, Self::Unreachable(e) if matches!(e.kind(), WouldBlock | TimedOut))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(e) => write!(f, "{e}"),
            Self::NoJson(status) => write!(f, "HTTP {status} without JSON: is it CometBFT's RPC address?"),
            Self::Refused(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

impl JsonRpc {
    /// Takes an address, `tcp://HOST:PORT` or `http://HOST:PORT/PATH`, and how long
    /// an answer is waited for.
    ///
    /// # Errors
    /// An address of another form, with what to write.
    pub fn new(node: &str, patience: Duration) -> Result<Self, String> {
        let (scheme, rest) = node.split_once("://").unwrap_or(("tcp", node));
        match scheme {
            "tcp" | "http" => {}
            "https" => {
                return Err(format!(
                    "{node}: https is not spoken here; use http:// to a node you trust, or a tunnel such as `ssh -L 26657:127.0.0.1:26657 HOST`"
                ));
            }
            _ => return Err(format!("{node}: write tcp://HOST:PORT or http://HOST:PORT/PATH")),
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.is_empty() {
            return Err(format!("{node}: the host is missing; write tcp://HOST:PORT"));
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let default_port = if scheme == "http" { 80 } else { 26657 };
        let authority = if has_port { authority.to_owned() } else { format!("{authority}:{default_port}") };
        Ok(Self { authority, path: format!("/{path}"), patience, connection: None })
    }

    /// Calls a method.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn call(&mut self, method: &str, params: &Value) -> Result<Value, Failure> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let reused = self.connection.is_some();
        let answer = match self.exchange(&body) {
            // The node may have closed an idle connection.
            Err(e) if reused && closed(&e) => self.exchange(&body),
            other => other,
        };
        let (status, body) = answer.map_err(Failure::Unreachable)?;
        let answer: Value = serde_json::from_slice(&body).map_err(|_| Failure::NoJson(status))?;
        match answer.get("error") {
            None | Some(Value::Null) => Ok(answer.get("result").cloned().unwrap_or_default()),
            Some(fault) => {
                let text = |key| fault.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
                let (message, data) = (text("message"), text("data"));
                Err(Failure::Refused(if data.is_empty() { message } else { data }))
            }
        }
    }

    fn exchange(&mut self, body: &str) -> io::Result<(u16, Vec<u8>)> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => BufReader::new(connect(&self.authority, self.patience)?),
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
}

fn closed(e: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(e.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

fn connect(authority: &str, patience: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in authority.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(patience))?;
                stream.set_write_timeout(Some(patience))?;
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
        let of = |node| JsonRpc::new(node, Duration::from_secs(1));
        assert_eq!(of("tcp://localhost").unwrap().authority, "localhost:26657");
        assert_eq!(of("http://h/rpc").unwrap().path, "/rpc");
        assert_eq!(of("h:5").unwrap().authority, "h:5");
        for bad in ["https://h", "ftp://h", "tcp://"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
