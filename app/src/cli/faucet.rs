//! `synergyd faucet`: coins for anybody on a localnet, over HTTP.
//!
//! `POST /credit {"address": "synergy1…"}`, as CosmJS's faucet client sends it.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::{Value, json};
use synergy_app::config::KeyringBackend;
use synergy_proto::{Address, Coin, cosmos::bank::v1beta1::MsgSend, pack};

use super::{
    coins,
    context::{ClientFlags, Context},
    error::{Result, bail, error},
    output,
    tx::{Outcome, Session, TxFlags},
};

const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_BODY: u64 = 4 << 10;
const HOUR: Duration = Duration::from_secs(3600);
/// Addresses whose credits are remembered; beyond, nobody new gets any for a while.
const MAX_ADDRESSES: usize = 100_000;

#[derive(Args, Debug)]
pub(crate) struct Faucet {
    #[command(flatten)]
    pub(crate) client: ClientFlags,
    /// Key that pays; it must be in the test keyring
    #[arg(long, value_name = "KEY")]
    from: String,
    /// What one request gets
    #[arg(long, default_value = "10snrg", value_name = "COINS")]
    amount: String,
    /// Requests that one address has an hour
    #[arg(long, default_value_t = 5, value_name = "N")]
    per_hour: usize,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:4500", value_name = "IP:PORT")]
    listen: String,
}

/// An HTTP answer.
struct Answer(u16, Value);

struct Service<'a> {
    context: &'a Context,
    from: String,
    amount: Vec<Coin>,
    per_hour: usize,
    credits: BTreeMap<Address, Vec<Instant>>,
    /// Kept while it works: it counts the sequence on.
    session: Option<Session<'a>>,
}

pub(crate) fn run(context: &Context, faucet: &Faucet) -> Result<()> {
    if context.config.keyring_backend != KeyringBackend::Test {
        bail!("a faucet pays with a key of the test keyring only: add --keyring-backend test");
    }
    let listener = TcpListener::bind(&faucet.listen).map_err(|e| error!("cannot listen on {}: {e}", faucet.listen))?;
    let mut service = Service {
        context,
        from: faucet.from.clone(),
        amount: coins::parse(&faucet.amount)?,
        per_hour: faucet.per_hour,
        credits: BTreeMap::new(),
        session: None,
    };
    service.session()?;
    output::note(&format!(
        "faucet: curl -d '{{\"address\": \"synergy1…\"}}' http://{}/credit gives {}",
        listener.local_addr()?,
        coins::show(&service.amount)
    ));
    for stream in listener.incoming() {
        // One at a time: credits have to follow each other anyway.
        if let Err(e) = stream.and_then(|stream| service.serve(stream)) {
            tracing::debug!("request dropped: {e}");
        }
    }
    Ok(())
}

impl<'a> Service<'a> {
    fn session(&mut self) -> Result<&mut Session<'a>> {
        match &mut self.session {
            Some(session) => Ok(session),
            empty => {
                // A simulation sees committed sequences only, so each waits for its block.
                let flags = TxFlags { yes: true, wait: true, ..TxFlags::default() };
                Ok(empty.insert(Session::open(self.context, &flags, Some(&self.from))?))
            }
        }
    }

    fn serve(&mut self, stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let mut reader = BufReader::new(stream);
        let (method, path, body) = read_request(&mut reader)?;
        let Answer(status, value) = match (method.as_str(), path.as_str()) {
            ("POST", "/credit") => self.credit(&body),
            ("GET", "/status") => Answer(200, json!({"status": "ok", "amount": coins::show(&self.amount)})),
            ("OPTIONS", _) => Answer(204, Value::Null),
            _ => Answer(404, json!({"error": "POST /credit with {\"address\": …}, or GET /status"})),
        };
        let body = if value.is_null() { String::new() } else { value.to_string() };
        let mut stream = reader.into_inner();
        write!(
            stream,
            "HTTP/1.1 {status} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: content-type\r\n\r\n{body}",
            reason(status),
            body.len()
        )
    }

    fn credit(&mut self, body: &[u8]) -> Answer {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let address = match request["address"].as_str().unwrap_or_default().parse::<Address>() {
            Ok(address) => address,
            Err(e) => return Answer(400, json!({"error": format!("address: {e}")})),
        };
        let denom = request["denom"].as_str();
        let amount: Vec<Coin> = self.amount.iter().filter(|c| denom.is_none_or(|d| c.denom == d)).cloned().collect();
        if amount.is_empty() {
            return Answer(400, json!({"error": "this faucet does not give that denom"}));
        }
        let now = Instant::now();
        if !self.may_have(&address, now) {
            return Answer(
                429,
                json!({"error": format!("{} requests an hour for one address: come back later", self.per_hour)}),
            );
        }
        match self.send(&address, amount) {
            Ok(answer) => {
                self.credits.entry(address).or_default().push(now);
                Answer(200, json!({"txhash": answer["txhash"]}))
            }
            Err(e) => {
                // The sequence may be off: ask the chain again next time.
                self.session = None;
                Answer(500, json!({"error": e.0}))
            }
        }
    }

    fn may_have(&mut self, address: &Address, now: Instant) -> bool {
        self.credits.retain(|_, times| {
            times.retain(|t| now.duration_since(*t) < HOUR);
            !times.is_empty()
        });
        match self.credits.get(address) {
            Some(times) => times.len() < self.per_hour,
            None => self.per_hour > 0 && self.credits.len() < MAX_ADDRESSES,
        }
    }

    fn send(&mut self, to: &Address, amount: Vec<Coin>) -> Result<Value> {
        let session = self.session()?;
        let send = MsgSend { from_address: session.sender.to_string(), to_address: to.to_string(), amount };
        match session.send(vec![pack(&send)])? {
            Outcome::Sent(answer) => Ok(answer),
            Outcome::Printed => bail!("nothing was sent"),
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        404 => "Not Found",
        429 => "Too Many Requests",
        _ => "Internal Server Error",
    }
}

/// Method, path and body of a request.
fn read_request(reader: &mut impl BufRead) -> io::Result<(String, String, Vec<u8>)> {
    let invalid = |text| io::Error::new(io::ErrorKind::InvalidData, text);
    let mut head = reader.by_ref().take(16 << 10);
    let mut line = String::new();
    head.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(invalid("no HTTP request"));
    };
    let mut length = 0u64;
    loop {
        let mut header = String::new();
        if head.read_line(&mut header)? == 0 {
            return Err(invalid("the request's head is too long or cut short"));
        }
        let header = header.trim_end();
        if header.is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(|_| invalid("bad content-length"))?;
        }
    }
    if length > MAX_BODY {
        return Err(invalid("the request is too long"));
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    Ok((method, path, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_and_bounded() {
        let text = "POST /credit HTTP/1.1\r\nHost: x\r\ncontent-length: 2\r\n\r\n{}rest";
        let (method, path, body) = read_request(&mut text.as_bytes()).unwrap();
        assert_eq!((method.as_str(), path.as_str(), body.as_slice()), ("POST", "/credit", &b"{}"[..]));
        for bad in ["", "GET\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n", "GET / HTTP/1.1\r\n"] {
            assert!(read_request(&mut bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
