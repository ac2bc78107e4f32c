//! How many requests a client may send: a token bucket per address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Clients remembered at once. Full buckets, which say nothing, go first.
const MAX_CLIENTS: usize = 50_000;

/// Buckets of all clients that were seen lately.
pub(super) struct RateLimit {
    /// Tokens per second; 0 for no limit.
    rate: f64,
    burst: f64,
    loopback: bool,
    clients: Mutex<HashMap<IpAddr, Bucket>>,
}

struct Bucket {
    tokens: f64,
    at: Instant,
}

impl RateLimit {
    /// `loopback`: whether clients of this machine are limited too.
    pub(super) fn new(rate: u32, burst: u32, loopback: bool) -> Self {
        Self { rate: rate.into(), burst: burst.into(), loopback, clients: Mutex::default() }
    }

    /// Takes a token. `Err` says how long to wait for one.
    pub(super) fn take(&self, client: IpAddr) -> Result<(), Duration> {
        self.take_at(client, Instant::now())
    }

    fn take_at(&self, client: IpAddr, now: Instant) -> Result<(), Duration> {
        let client = client.to_canonical();
        if self.rate == 0.0 || (client.is_loopback() && !self.loopback) {
            return Ok(());
        }
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= MAX_CLIENTS {
            clients.retain(|_, bucket| self.filled(bucket, now) < self.burst);
            if clients.len() >= MAX_CLIENTS {
                clients.clear();
            }
        }
        let bucket = clients.entry(network(client)).or_insert(Bucket { tokens: self.burst, at: now });
        bucket.tokens = self.filled(bucket, now);
        bucket.at = now;
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / self.rate));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    fn filled(&self, bucket: &Bucket, now: Instant) -> f64 {
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.tokens + since * self.rate).min(self.burst)
    }
}

/// Who counts as one client: an IPv4 address, or the /64 that an IPv6 host may
/// choose its addresses from.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let (limit, client, start) = (RateLimit::new(10, 3, false), "192.0.2.1".parse().unwrap(), Instant::now());
        for _ in 0..3 {
            limit.take_at(client, start).unwrap();
        }
        let wait = limit.take_at(client, start).unwrap_err();
        assert!((0.09..=0.1).contains(&wait.as_secs_f64()), "{wait:?}");
        limit.take_at("192.0.2.2".parse().unwrap(), start).unwrap();
        limit.take_at(client, start + Duration::from_millis(101)).unwrap();
        limit.take_at(client, start + Duration::from_millis(102)).unwrap_err();
    }

    #[test]
    fn one_ipv6_network_is_one_client_and_loopback_is_free() {
        let (limit, now) = (RateLimit::new(1, 1, false), Instant::now());
        limit.take_at("2001:db8::1".parse().unwrap(), now).unwrap();
        limit.take_at("2001:db8::2".parse().unwrap(), now).unwrap_err();
        for _ in 0..5 {
            limit.take_at("127.0.0.1".parse().unwrap(), now).unwrap();
            limit.take_at("::ffff:127.0.0.1".parse().unwrap(), now).unwrap();
            RateLimit::new(0, 1, true).take_at("2001:db8::2".parse().unwrap(), now).unwrap();
        }
        let strict = RateLimit::new(1, 1, true);
        strict.take_at("::1".parse().unwrap(), now).unwrap();
        strict.take_at("::1".parse().unwrap(), now).unwrap_err();
    }

    #[test]
    fn memory_is_bounded() {
        let (limit, now) = (RateLimit::new(1, 1, false), Instant::now());
        for n in 0..u32::try_from(MAX_CLIENTS).unwrap() + 10 {
            let _ = limit.take_at(IpAddr::V4((0x0a00_0000 + n).into()), now);
        }
        assert!(limit.clients.lock().unwrap().len() <= MAX_CLIENTS);
    }
}
