//! `synergyd faucet`: coins for anybody on a localnet or testnet, over HTTP.
//!
//! `POST /credit {"address": "synergy1…"}`, as CosmJS's faucet client sends it, and a
//! page with a form at `/`. Limits hold for an address, for a client and for all
//! together. Connections have threads of their own, few of them; credits follow each
//! other in the main thread, since each needs the one before in a block.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{IpAddr, Ipv6Addr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::{Value, json};
use synergy_proto::{Address, Coin, cosmos::bank::v1beta1::MsgSend, pack};

use super::{
    coins,
    context::{ClientFlags, Context},
    error::{Result, bail, error},
    output,
    tx::{Outcome, Session, TxFlags},
};

/// How long a client may take to send its request, and to take the answer.
const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_BODY: u64 = 4 << 10;
const HOUR: Duration = Duration::from_secs(3600);
/// Addresses and clients that are remembered; beyond, nobody new gets any for a while.
const MAX_REMEMBERED: usize = 100_000;
/// Connections at once.
const MAX_CONNECTIONS: usize = 64;
/// Credits that wait for the one that is being sent.
const MAX_WAITING: usize = 16;

const PAGE: &str = include_str!("faucet.html");

#[derive(Args, Debug)]
pub(crate) struct Faucet {
    #[command(flatten)]
    pub(crate) client: ClientFlags,
    /// Key that pays; of an encrypted keyring the passphrase is asked for once
    #[arg(long, value_name = "KEY")]
    from: String,
    /// What one request gets
    #[arg(long, default_value = "10snrg", value_name = "COINS")]
    amount: String,
    /// Credits that one address has an hour
    #[arg(long, default_value_t = 5, value_name = "N")]
    per_hour: usize,
    /// Credits that one client (an IPv4 address or an IPv6 /64) has an hour; clients of
    /// this machine are not counted
    #[arg(long, default_value_t = 10, value_name = "N")]
    per_client_hour: usize,
    /// Credits an hour in all
    #[arg(long, default_value_t = 1000, value_name = "N")]
    total_per_hour: usize,
    /// Header in which a proxy on this machine names the client, e.g. X-Real-IP
    #[arg(long, value_name = "NAME")]
    client_header: Option<String>,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:4500", value_name = "IP:PORT")]
    listen: String,
}

/// An HTTP answer.
enum Answer {
    Json(u16, Value),
    Page,
}

/// A request for coins on its way to the main thread.
struct Job {
    client: IpAddr,
    body: Vec<u8>,
    reply: SyncSender<Answer>,
}

struct Service<'a> {
    session: Session<'a>,
    amount: Vec<Coin>,
    limits: Limits,
}

pub(crate) fn run(context: &Context, faucet: &Faucet) -> Result<()> {
    let listener = TcpListener::bind(&faucet.listen).map_err(|e| error!("cannot listen on {}: {e}", faucet.listen))?;
    // A simulation sees committed sequences only, so each waits for its block.
    let flags = TxFlags { yes: true, wait: true, ..TxFlags::default() };
    let mut session = Session::open(context, &flags, Some(&faucet.from))?;
    session.unlock()?;
    let limits = Limits::new(faucet.per_hour, faucet.per_client_hour, faucet.total_per_hour);
    let mut service = Service { session, amount: coins::parse(&faucet.amount)?, limits };
    if service.amount.is_empty() {
        bail!("--amount: a faucet that gives nothing is none, write coins such as 10snrg");
    }
    let shown = coins::show(&service.amount);
    output::note(&format!(
        "faucet: curl -d '{{\"address\": \"synergy1…\"}}' http://{}/credit gives {shown}",
        listener.local_addr()?
    ));
    let (jobs, work) = sync_channel(MAX_WAITING);
    let front = Arc::new(Front { jobs, amount: shown, client_header: faucet.client_header.clone() });
    thread::Builder::new().name("faucet".into()).spawn(move || accept(&listener, &front))?;
    service.work(&work);
    bail!("the faucet no longer takes connections")
}

impl Service<'_> {
    fn work(&mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            let answer = self.credit(job.client, &job.body);
            // A client that has gone away has its coins nevertheless.
            let _ = job.reply.send(answer);
        }
    }

    fn credit(&mut self, client: IpAddr, body: &[u8]) -> Answer {
        let request: Value = match serde_json::from_slice(body) {
            Ok(request) => request,
            Err(e) => return Answer::error(400, format!("send JSON such as {{\"address\": \"synergy1…\"}}: {e}")),
        };
        let address = match request["address"].as_str().unwrap_or_default().parse::<Address>() {
            Ok(address) => address,
            Err(e) => return Answer::error(400, format!("address: {e}")),
        };
        let denom = request["denom"].as_str();
        let amount: Vec<Coin> = self.amount.iter().filter(|c| denom.is_none_or(|d| c.denom == d)).cloned().collect();
        if amount.is_empty() {
            return Answer::error(400, "this faucet does not give that denom".to_owned());
        }
        let now = Instant::now();
        if let Err(why) = self.limits.allows(&address, client, now) {
            return Answer::error(429, why);
        }
        match self.send(&address, amount) {
            Ok(answer) => {
                self.limits.count(&address, client, now);
                tracing::info!(%address, %client, txhash = %answer["txhash"], "credit");
                Answer::Json(200, json!({"txhash": answer["txhash"]}))
            }
            Err(e) => {
                tracing::warn!(%address, %client, "no credit: {e}");
                Answer::error(500, e.0)
            }
        }
    }

    fn send(&mut self, to: &Address, amount: Vec<Coin>) -> Result<Value> {
        // Its account may sign elsewhere too.
        self.session.resync()?;
        let send = MsgSend { from_address: self.session.sender.to_string(), to_address: to.to_string(), amount };
        match self.session.send(vec![pack(&send)])? {
            Outcome::Sent(answer) => Ok(answer),
            Outcome::Printed => bail!("nothing was sent"),
        }
    }
}

/// Credits of the last hour. They are forgotten when the faucet ends.
struct Limits {
    per_address: usize,
    per_client: usize,
    total: usize,
    addresses: BTreeMap<Address, Vec<Instant>>,
    clients: BTreeMap<IpAddr, Vec<Instant>>,
    all: Vec<Instant>,
}

impl Limits {
    fn new(per_address: usize, per_client: usize, total: usize) -> Self {
        Self { per_address, per_client, total, addresses: BTreeMap::new(), clients: BTreeMap::new(), all: Vec::new() }
    }

    /// Whether there may be another credit; else why not, and when.
    fn allows(&mut self, address: &Address, client: IpAddr, now: Instant) -> std::result::Result<(), String> {
        let later = |first: Option<&Instant>| {
            let left = first.map_or(HOUR, |first| HOUR.saturating_sub(now.duration_since(*first)));
            format!("come back in {} min", left.as_secs().div_ceil(60))
        };
        let recent = |times: &mut Vec<Instant>| {
            times.retain(|time| now.duration_since(*time) < HOUR);
            !times.is_empty()
        };
        self.addresses.retain(|_, times| recent(times));
        self.clients.retain(|_, times| recent(times));
        recent(&mut self.all);
        if self.all.len() >= self.total {
            return Err(format!(
                "this faucet gives {} credits an hour in all: {}",
                self.total,
                later(self.all.first())
            ));
        }
        match self.addresses.get(address) {
            Some(times) if times.len() >= self.per_address => {
                return Err(format!("{} credits an hour for one address: {}", self.per_address, later(times.first())));
            }
            None if self.per_address == 0 || self.addresses.len() >= MAX_REMEMBERED => {
                return Err(format!("too many addresses have asked: {}", later(None)));
            }
            _ => {}
        }
        let client = network(client);
        if client.is_loopback() {
            return Ok(());
        }
        match self.clients.get(&client) {
            Some(times) if times.len() >= self.per_client => {
                Err(format!("{} credits an hour for one client: {}", self.per_client, later(times.first())))
            }
            None if self.per_client == 0 || self.clients.len() >= MAX_REMEMBERED => {
                Err(format!("too many clients have asked: {}", later(None)))
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, address: &Address, client: IpAddr, now: Instant) {
        self.addresses.entry(*address).or_default().push(now);
        self.all.push(now);
        let client = network(client);
        if !client.is_loopback() {
            self.clients.entry(client).or_default().push(now);
        }
    }
}

/// Who counts as one client: an IPv4 address, or the /64 that an IPv6 host may choose
/// its addresses from.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        other => other,
    }
}

/// What the connections' threads work with.
struct Front {
    jobs: SyncSender<Job>,
    amount: String,
    client_header: Option<String>,
}

fn accept(listener: &TcpListener, front: &Arc<Front>) {
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        if open.load(Ordering::SeqCst) >= MAX_CONNECTIONS {
            continue;
        }
        open.fetch_add(1, Ordering::SeqCst);
        let (front, ended) = (front.clone(), open.clone());
        let spawned = thread::Builder::new().spawn(move || {
            if let Err(e) = front.serve(stream) {
                tracing::debug!("request dropped: {e}");
            }
            ended.fetch_sub(1, Ordering::SeqCst);
        });
        if spawned.is_err() {
            open.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Front {
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_write_timeout(Some(TIMEOUT))?;
        let peer = stream.peer_addr()?.ip().to_canonical();
        let mut reader = BufReader::new(Hurried { stream: &stream, until: Instant::now() + TIMEOUT });
        let request = read_request(&mut reader)?;
        let answer = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/credit") => self.credit(peer, request),
            ("GET", "/status") => Answer::Json(200, json!({"status": "ok", "amount": self.amount})),
            ("GET", "/") => Answer::Page,
            ("OPTIONS", _) => Answer::Json(204, Value::Null),
            _ => Answer::error(404, "POST /credit with {\"address\": …}, or GET /status".to_owned()),
        };
        answer.write(&stream)
    }

    fn credit(&self, peer: IpAddr, request: Request) -> Answer {
        let client = match self.client_of(peer, &request.headers) {
            Ok(client) => client,
            Err(why) => return Answer::error(400, why),
        };
        let (reply, answer) = sync_channel(1);
        match self.jobs.try_send(Job { client, body: request.body, reply }) {
            Ok(()) => answer.recv().unwrap_or_else(|_| Answer::error(500, "the faucet ends".to_owned())),
            Err(TrySendError::Full(_)) => Answer::error(503, "too many are asking: try again in a minute".to_owned()),
            Err(TrySendError::Disconnected(_)) => Answer::error(500, "the faucet ends".to_owned()),
        }
    }

    /// The client: what a proxy on this machine says, else the other end.
    fn client_of(&self, peer: IpAddr, headers: &[(String, String)]) -> std::result::Result<IpAddr, String> {
        let Some(name) = self.client_header.as_ref().filter(|_| peer.is_loopback()) else { return Ok(peer) };
        let value = headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        // Proxies append to lists such as X-Forwarded-For, so the last entry is ours.
        let last = value.and_then(|value| value.rsplit(',').next()).map(str::trim);
        last.and_then(|text| text.parse().ok()).ok_or_else(|| format!("the proxy sent no address in {name}"))
    }
}

impl Answer {
    fn error(status: u16, text: String) -> Self {
        Self::Json(status, json!({"error": text}))
    }

    fn write(&self, mut stream: &TcpStream) -> io::Result<()> {
        let (status, kind, body) = match self {
            Self::Page => (200, "text/html; charset=utf-8", PAGE.to_owned()),
            Self::Json(status, Value::Null) => (*status, "application/json", String::new()),
            Self::Json(status, value) => (*status, "application/json", value.to_string()),
        };
        write!(
            stream,
            "HTTP/1.1 {status} {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: content-type\r\n\r\n{body}",
            reason(status),
            body.len()
        )
    }
}

/// A stream whose reads together may last until a time.
struct Hurried<'s> {
    stream: &'s TcpStream,
    until: Instant,
}

impl Read for Hurried<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buffer)
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        404 => "Not Found",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

#[derive(Debug)]
struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn read_request(reader: &mut impl BufRead) -> io::Result<Request> {
    let invalid = |text| io::Error::new(io::ErrorKind::InvalidData, text);
    let mut head = reader.by_ref().take(16 << 10);
    let mut line = String::new();
    head.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(invalid("no HTTP request"));
    };
    let (mut headers, mut length) = (Vec::new(), 0u64);
    loop {
        let mut header = String::new();
        if head.read_line(&mut header)? == 0 {
            return Err(invalid("the request's head is too long or cut short"));
        }
        let header = header.trim_end();
        if header.is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':') {
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().map_err(|_| invalid("bad content-length"))?;
            }
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    if length > MAX_BODY {
        return Err(invalid("the request is too long"));
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    Ok(Request { method, path, headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_and_bounded() {
        let text = "POST /credit HTTP/1.1\r\nHost: x\r\ncontent-length: 2\r\n\r\n{}rest";
        let request = read_request(&mut text.as_bytes()).unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/credit"));
        assert_eq!((request.body.as_slice(), request.headers.len()), (&b"{}"[..], 2));
        for bad in ["", "GET\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n", "GET / HTTP/1.1\r\n"] {
            assert!(read_request(&mut bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    fn address(number: u8) -> Address {
        Address::new(&[number; 20]).unwrap()
    }

    #[test]
    fn an_address_a_client_and_all_have_limits_of_an_hour() {
        let (start, home) = (Instant::now(), IpAddr::from([203, 0, 113, 1]));
        let mut limits = Limits::new(2, 3, 5);
        let mut credit = |number: u8, client: IpAddr, minutes: u64| {
            let now = start + Duration::from_secs(60 * minutes);
            limits.allows(&address(number), client, now).map(|()| limits.count(&address(number), client, now))
        };
        credit(1, home, 0).unwrap();
        credit(1, home, 10).unwrap();
        let why = credit(1, home, 20).unwrap_err();
        assert!(why.contains("one address") && why.contains("in 40 min"), "{why}");
        credit(2, home, 20).unwrap();
        assert!(credit(3, home, 21).unwrap_err().contains("one client"));
        credit(3, IpAddr::from([127, 0, 0, 1]), 21).unwrap();
        credit(4, IpAddr::from([203, 0, 113, 2]), 21).unwrap();
        assert!(credit(5, IpAddr::from([203, 0, 113, 3]), 21).unwrap_err().contains("in all"));
        // The first of them is an hour ago.
        credit(1, home, 61).unwrap();
        assert!(credit(1, home, 61).is_err());
        assert!(Limits::new(0, 1, 1).allows(&address(1), home, start).is_err());
    }

    #[test]
    fn one_ipv6_network_is_one_client() {
        let mut limits = Limits::new(9, 1, 9);
        let (now, ip) = (Instant::now(), |text: &str| text.parse::<IpAddr>().unwrap());
        limits.count(&address(1), ip("2001:db8::1"), now);
        assert!(limits.allows(&address(2), ip("2001:db8::2"), now).is_err());
        assert!(limits.allows(&address(2), ip("2001:db8:0:1::2"), now).is_ok());
        limits.count(&address(1), ip("::ffff:127.0.0.1"), now);
        assert!(limits.allows(&address(2), ip("::1"), now).is_ok());
    }

    #[test]
    fn the_client_is_the_proxys_word_only_on_this_machine() {
        let (jobs, _work) = sync_channel(1);
        let front = Front { jobs, amount: String::new(), client_header: Some("X-Forwarded-For".into()) };
        let headers = [("x-forwarded-for".to_owned(), "6.6.6.6, 198.51.100.7".to_owned())];
        let (loopback, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([192, 0, 2, 9]));
        assert_eq!(front.client_of(loopback, &headers).unwrap(), IpAddr::from([198, 51, 100, 7]));
        assert_eq!(front.client_of(other, &headers).unwrap(), other);
        assert!(front.client_of(loopback, &[]).is_err());
    }
}
