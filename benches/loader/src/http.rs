//! HTTP/1.1 with keep-alive over one blocking connection: just what a CometBFT RPC
//! server needs, so that the load generator stays cheap beside the node it loads.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long a node may take to answer: a read of a large block is slow on a busy
/// machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The most bytes of an answer: 20,000 transaction results with events are 40 MB.
const MAX_BODY: usize = 1 << 30;

/// A connection that is opened when needed and again after an error.
pub(crate) struct Http {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Http {
    /// `address` is `host:port`.
    pub(crate) fn new(address: &str) -> Self {
        Http { address: address.to_owned(), stream: None }
    }

    /// Sends a request that [`request`] made and replaces `body` by the answer's.
    pub(crate) fn send(&mut self, request: &[u8], body: &mut Vec<u8>) -> io::Result<()> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(&self.address)?,
        };
        stream.get_mut().write_all(request)?;
        body.clear();
        if read_response(&mut stream, body)? {
            self.stream = Some(stream);
        }
        Ok(())
    }
}

fn connect(address: &str) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    Ok(BufReader::with_capacity(64 * 1024, stream))
}

/// A POST of `body`, ready to be sent to the node at `address`.
pub(crate) fn request(address: &str, body: &str) -> Vec<u8> {
    format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// True when the connection can be used again.
fn read_response(stream: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<bool> {
    let mut line = String::new();
    let mut length = None;
    let mut chunked = false;
    let mut keep = true;
    next_line(stream, &mut line)?;
    if !line.starts_with("HTTP/1.1 ") {
        return Err(invalid(format!("not an HTTP answer: {line:?}")));
    }
    loop {
        next_line(stream, &mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = Some(value.parse().map_err(|_| invalid(line.clone()))?),
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "connection" => keep = !value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    if chunked {
        while read_chunk(stream, &mut line, body)? {}
    } else {
        let length = length.ok_or_else(|| invalid("an answer without a length".into()))?;
        append(stream, length, body)?;
    }
    Ok(keep)
}

/// False after the last chunk.
fn read_chunk(stream: &mut impl BufRead, line: &mut String, body: &mut Vec<u8>) -> io::Result<bool> {
    next_line(stream, line)?;
    let size = line.split(';').next().unwrap_or_default();
    let size = usize::from_str_radix(size.trim(), 16).map_err(|_| invalid(format!("chunk size {line:?}")))?;
    append(stream, size, body)?;
    next_line(stream, line)?;
    Ok(size > 0)
}

fn append(stream: &mut impl BufRead, length: usize, body: &mut Vec<u8>) -> io::Result<()> {
    if length > MAX_BODY.saturating_sub(body.len()) {
        return Err(invalid(format!("an answer of more than {MAX_BODY} bytes")));
    }
    let read = stream.take(length as u64).read_to_end(body)?;
    if read < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

fn next_line(stream: &mut impl BufRead, line: &mut String) -> io::Result<()> {
    line.clear();
    if stream.take(64 * 1024).read_line(line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end().len());
    Ok(())
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> io::Result<(bool, Vec<u8>)> {
        let mut body = Vec::new();
        read_response(&mut answer.as_bytes(), &mut body).map(|keep| (keep, body))
    }

    #[test]
    fn both_framings_are_read() {
        let plain = read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcREST").unwrap();
        assert_eq!(plain, (true, b"abc".to_vec()));
        let chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
        assert_eq!(read(chunked).unwrap(), (false, b"abcd".to_vec()));
    }

    #[test]
    fn answers_cut_short_or_of_another_protocol_are_errors() {
        for answer in ["", "SSH-2.0\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc"]
        {
            assert!(read(answer).is_err(), "{answer:?}");
        }
        assert!(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").is_err());
    }
}
