use synergy_proto::cosmos::base::query::v1beta1::{PageRequest, PageResponse};
use synergy_store::Order;

use crate::{Result, sdk};

/// Entries of a page when the request does not say (the SDK's default).
const DEFAULT_LIMIT: u64 = 100;
/// Most entries of a page.
const MAX_LIMIT: u64 = 1_000;

/// Which page is asked for, and after it: where the next one starts and, if
/// asked, how many entries there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Start of the page: what an earlier answer gave; excludes `offset`.
    pub key: Vec<u8>,
    /// Entries to skip.
    pub offset: u64,
    /// Entries to return; 0 means 100.
    pub limit: u64,
    /// Whether to count all entries; only with `offset`.
    pub count_total: bool,
    /// Last first.
    pub reverse: bool,
    /// In an answer, the number of all entries if counted.
    pub total: u64,
}

impl From<Option<PageRequest>> for Page {
    fn from(request: Option<PageRequest>) -> Self {
        request.map_or_else(Self::default, |r| Self {
            key: r.key,
            offset: r.offset,
            limit: r.limit,
            count_total: r.count_total,
            reverse: r.reverse,
            total: 0,
        })
    }
}

impl From<Page> for Option<PageResponse> {
    fn from(page: Page) -> Self {
        Some(PageResponse { next_key: page.key, total: page.total })
    }
}

/// Walks entries and picks those of one page.
pub(crate) struct Pager {
    request: Page,
    prefix: usize,
    seen: u64,
    taken: u64,
    next: Option<Vec<u8>>,
}

impl Pager {
    /// For keys that start with `prefix` bytes which page keys leave out.
    pub(crate) fn new(request: &Page, prefix: usize) -> Result<Self> {
        if !request.key.is_empty() && request.offset > 0 {
            return Err(sdk::invalid_request("pagination: give either key or offset, not both"));
        }
        let mut request = request.clone();
        request.limit = match request.limit {
            0 => DEFAULT_LIMIT,
            limit => limit.min(MAX_LIMIT),
        };
        request.count_total &= request.key.is_empty();
        Ok(Self { request, prefix, seen: 0, taken: 0, next: None })
    }

    pub(crate) fn order(&self) -> Order {
        if self.request.reverse { Order::Descending } else { Order::Ascending }
    }

    /// The range to walk, given the whole one.
    pub(crate) fn bounds(&self, prefix: &[u8], end: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
        if self.request.key.is_empty() {
            return (prefix.to_vec(), end);
        }
        let mut from = [prefix, &self.request.key].concat();
        if self.request.reverse {
            // The page's first key is included, the range's end is not.
            from.push(0);
            (prefix.to_vec(), from)
        } else {
            (from, end)
        }
    }

    pub(crate) fn wants(&mut self, key: &[u8]) -> bool {
        self.seen = self.seen.saturating_add(1);
        if self.seen <= self.request.offset {
            return false;
        }
        if self.taken < self.request.limit {
            self.taken = self.taken.saturating_add(1);
            return true;
        }
        if self.next.is_none() {
            self.next = Some(key.get(self.prefix..).unwrap_or_default().to_vec());
        }
        false
    }

    pub(crate) fn goes_on(&self) -> bool {
        self.next.is_none() || self.request.count_total
    }

    pub(crate) fn response(self) -> Page {
        let total = if self.request.count_total { self.seen } else { 0 };
        Page { key: self.next.unwrap_or_default(), total, ..Page::default() }
    }
}
