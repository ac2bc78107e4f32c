//! What a contract sees of the chain.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use cosmwasm_std::{Binary, ContractResult, Order, Record, SystemResult};
use cosmwasm_vm::{BackendApi, BackendError, BackendResult, GasInfo, Querier, Storage};
use synergy_proto::Address;

/// VM gas of turning an address into its other form: two thirds of a microsecond.
const ADDRESS: u64 = 700_000;

/// The chain as one contract sees it during one call. Gas in the answers is VM gas;
/// what the host has charged by itself already is `externally_used`.
pub trait Host: 'static {
    /// The value of a key of the contract.
    fn get(&mut self, key: &[u8]) -> BackendResult<Option<Vec<u8>>>;

    /// Sets a key of the contract.
    fn set(&mut self, key: &[u8], value: &[u8]) -> BackendResult<()>;

    /// Removes a key of the contract.
    fn remove(&mut self, key: &[u8]) -> BackendResult<()>;

    /// The first entries with `start <= key < end`, or the last ones for descending
    /// order, at most `limit`. Gas is for the search alone.
    fn search(
        &mut self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
        limit: usize,
    ) -> BackendResult<Vec<Record>>;

    /// The gas of one entry that an iteration hands to the contract.
    fn step(&mut self, entry: &Record) -> BackendResult<()>;

    /// Answers a query of at most `gas_limit` VM gas.
    fn query(&mut self, request: &[u8], gas_limit: u64) -> BackendResult<SystemResult<ContractResult<Binary>>>;
}

/// The host, shared by storage and querier of one instance. Only one of them is
/// ever at work: the contract waits for each answer.
pub(crate) struct Shared<H>(Rc<RefCell<Option<H>>>);

impl<H> Clone for Shared<H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<H> Shared<H> {
    pub(crate) fn new(host: H) -> Self {
        Self(Rc::new(RefCell::new(Some(host))))
    }

    /// Takes the host out, at the end of a call.
    pub(crate) fn take(&self) -> Option<H> {
        self.0.borrow_mut().take()
    }

    fn with<T>(&self, f: impl FnOnce(&mut H) -> BackendResult<T>) -> BackendResult<T> {
        match self.0.borrow_mut().as_mut() {
            Some(host) => f(host),
            None => (Err(BackendError::foreign_panic()), GasInfo::free()),
        }
    }
}

/// Entries that one search finds. The store reads this many rows at once anyway.
const SEARCH: usize = 16;

/// Where an iteration stands: the range that is left, and entries found ahead. A
/// write of the contract makes every iteration search anew, so it sees what is
/// written ahead of it and never what was removed.
struct Cursor {
    start: Option<Vec<u8>>,
    end: Option<Vec<u8>>,
    order: Order,
    ahead: VecDeque<Record>,
    /// Whether nothing is left behind `ahead`.
    done: bool,
}

impl Cursor {
    fn found(&mut self, entries: Vec<Record>) {
        self.done = entries.len() < SEARCH;
        if let Some((last, _)) = entries.last() {
            match self.order {
                Order::Ascending => self.start = Some([last.as_slice(), &[0]].concat()),
                Order::Descending => self.end = Some(last.clone()),
            }
        }
        self.ahead = entries.into();
    }

    /// Forgets what was found ahead.
    fn turn_back(&mut self) {
        if let Some((first, _)) = self.ahead.pop_front() {
            match self.order {
                Order::Ascending => self.start = Some(first),
                Order::Descending => self.end = Some([first.as_slice(), &[0]].concat()),
            }
        }
        self.ahead.clear();
        self.done = false;
    }
}

pub(crate) struct HostStorage<H> {
    pub(crate) host: Shared<H>,
    cursors: Vec<Cursor>,
}

impl<H> HostStorage<H> {
    pub(crate) fn new(host: Shared<H>) -> Self {
        Self { host, cursors: Vec::new() }
    }
}

impl<H: Host> Storage for HostStorage<H> {
    fn get(&self, key: &[u8]) -> BackendResult<Option<Vec<u8>>> {
        self.host.with(|host| host.get(key))
    }

    fn scan(&mut self, start: Option<&[u8]>, end: Option<&[u8]>, order: Order) -> BackendResult<u32> {
        // Each cursor costs the contract a host call, so 2³² are out of reach.
        let id = u32::try_from(self.cursors.len()).map_err(|_| BackendError::bad_argument());
        self.cursors.push(Cursor {
            start: start.map(<[u8]>::to_vec),
            end: end.map(<[u8]>::to_vec),
            order,
            ahead: VecDeque::new(),
            done: false,
        });
        (id, GasInfo::free())
    }

    fn next(&mut self, iterator_id: u32) -> BackendResult<Option<Record>> {
        let Some(cursor) = self.cursors.get_mut(iterator_id as usize) else {
            return (Err(BackendError::iterator_does_not_exist(iterator_id)), GasInfo::free());
        };
        let mut gas = GasInfo::free();
        if cursor.ahead.is_empty() && !cursor.done {
            let (start, end) = (cursor.start.as_deref(), cursor.end.as_deref());
            let (found, search) = self.host.with(|host| host.search(start, end, cursor.order, SEARCH));
            gas += search;
            match found {
                Ok(entries) => cursor.found(entries),
                Err(error) => return (Err(error), gas),
            }
        }
        let Some(entry) = cursor.ahead.pop_front() else { return (Ok(None), gas) };
        let (charged, step) = self.host.with(|host| host.step(&entry));
        gas += step;
        (charged.map(|()| Some(entry)), gas)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> BackendResult<()> {
        self.cursors.iter_mut().for_each(Cursor::turn_back);
        self.host.with(|host| host.set(key, value))
    }

    fn remove(&mut self, key: &[u8]) -> BackendResult<()> {
        self.cursors.iter_mut().for_each(Cursor::turn_back);
        self.host.with(|host| host.remove(key))
    }
}

pub(crate) struct HostQuerier<H>(pub(crate) Shared<H>);

impl<H: Host> Querier for HostQuerier<H> {
    fn query_raw(&self, request: &[u8], gas_limit: u64) -> BackendResult<SystemResult<ContractResult<Binary>>> {
        self.0.with(|host| host.query(request, gas_limit))
    }
}

/// Addresses of the chain.
#[derive(Clone, Copy)]
pub(crate) struct Addresses;

fn priced<T, E: ToString>(result: Result<T, E>) -> BackendResult<T> {
    (result.map_err(|e| BackendError::user_err(e.to_string())), GasInfo::with_cost(ADDRESS))
}

impl BackendApi for Addresses {
    fn addr_validate(&self, input: &str) -> BackendResult<()> {
        priced(match input.parse::<Address>() {
            Ok(address) if address.to_string() == input => Ok(()),
            Ok(_) => Err("address not normalized".to_owned()),
            Err(e) => Err(e.to_string()),
        })
    }

    fn addr_canonicalize(&self, human: &str) -> BackendResult<Vec<u8>> {
        priced(human.parse::<Address>().map(|address| address.as_bytes().to_vec()))
    }

    fn addr_humanize(&self, canonical: &[u8]) -> BackendResult<String> {
        priced(Address::new(canonical).map(|address| address.to_string()))
    }
}
