//! The thread that writes the index, its queue, and what it does about gaps.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use metrics::{counter, gauge};

use crate::{Block, Error, Index, Page, Query, Selection};

/// Bytes of blocks that wait; a block beyond them is asked of the source later.
const QUEUE_BYTES: usize = 64 << 20;
/// Blocks that are written at once when several wait.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 16 << 20;
/// Heights that are taken out at once, so that new blocks need not wait long.
const PRUNE_BATCH: u64 = 100;
/// How long the thread waits for a block before it looks for gaps, and for a source
/// that gave an error.
const TICK: Duration = Duration::from_secs(1);
/// How far below the threads that make blocks it runs (nice(2)).
const NICE: i32 = 10;

/// How an [`Indexer`] works.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Newest heights that are kept; 0 keeps all.
    pub keep_recent: u64,
    /// The last height that the node has committed; 0 before the first.
    pub head: u64,
}

/// Where blocks come from that the queue did not bring.
pub trait Source: Send + 'static {
    /// The first height that it has.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn earliest(&mut self) -> Result<u64, SourceError>;

    /// A block with its results.
    ///
    /// # Errors
    /// When it cannot be asked, or does not have it.
    fn block(&mut self, height: u64) -> Result<Block, SourceError>;
}

/// Why a source gave no block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceError {
    /// It may give it later.
    Later(String),
    /// It has thrown it away.
    Gone(String),
}

/// The index of a running node.
pub struct Indexer {
    index: Arc<Index>,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

#[derive(Default)]
struct Queue {
    blocks: VecDeque<Block>,
    bytes: usize,
    /// The last height that the node has committed.
    head: u64,
    stop: bool,
}

struct Worker<S> {
    index: Arc<Index>,
    shared: Arc<Shared>,
    source: S,
    keep_recent: u64,
    /// The height to write next; `None` while the index is empty.
    next: Option<u64>,
    /// Whether the node had no state when it started: nothing is below its first block,
    /// be it the first of the chain or the one after a snapshot.
    from_nothing: bool,
    /// Whether the last step failed, so that a long absence of CometBFT is one line.
    failing: bool,
}

impl Indexer {
    /// Starts the thread over an opened index.
    ///
    /// # Errors
    /// A file that cannot be written, or no thread.
    pub fn start(index: Index, settings: Settings, source: impl Source) -> Result<Self, Error> {
        // Blocks that the node has lost or taken back.
        if index.range().is_some_and(|range| *range.end() > settings.head) {
            index.truncate(settings.head)?;
        }
        let index = Arc::new(index);
        let shared = Arc::new(Shared::default());
        shared.lock().head = settings.head;
        let worker = Worker {
            next: index.range().map(|range| *range.end() + 1),
            from_nothing: settings.head == 0,
            index: index.clone(),
            shared: shared.clone(),
            source,
            keep_recent: settings.keep_recent,
            failing: false,
        };
        let thread = std::thread::Builder::new().name("indexer".into()).spawn(move || worker.run());
        let thread = thread.map_err(|e| Error::Damaged(format!("no thread: {e}")))?;
        Ok(Self { index, shared, thread: Mutex::new(Some(thread)) })
    }

    /// Takes a committed block. Never waits: a block that finds the queue full is asked
    /// of the source later.
    pub fn feed(&self, block: Block) {
        let mut queue = self.shared.lock();
        queue.head = block.height;
        let size = block.size();
        if queue.bytes.saturating_add(size) > QUEUE_BYTES && !queue.blocks.is_empty() {
            counter!("synergy_index_dropped_total").increment(1);
            return;
        }
        queue.bytes += size;
        queue.blocks.push_back(block);
        drop(queue);
        self.shared.wake.notify_one();
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// How many committed blocks are not in the index yet.
    pub fn behind(&self) -> u64 {
        let head = self.shared.lock().head;
        head.saturating_sub(self.index.range().map_or(0, |range| *range.end()))
    }

    /// Transactions by a query; see [`Index::search`].
    ///
    /// # Errors
    /// As there.
    pub fn search(&self, query: &Query, wanted: Selection, until: Instant) -> Result<Page, Error> {
        self.index.search(query, wanted, until)
    }
}

impl Drop for Indexer {
    /// Writes what waits and ends the thread.
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// The waiting blocks that follow each other from the first on, within a batch.
    fn take(&mut self) -> Vec<Block> {
        let (mut taken, mut bytes) = (Vec::<Block>::new(), 0);
        while let Some(block) = self.blocks.front() {
            let follows = taken.last().is_none_or(|last| block.height == last.height + 1);
            if !follows || taken.len() == BATCH || (bytes > 0 && bytes + block.size() > BATCH_BYTES) {
                break;
            }
            bytes += block.size();
            taken.extend(self.blocks.pop_front());
        }
        self.bytes = self.bytes.saturating_sub(bytes);
        taken
    }
}

impl<S: Source> Worker<S> {
    fn run(mut self) {
        // On Linux the priority is the thread's own.
        let _ = rustix::process::nice(NICE);
        loop {
            match self.step() {
                Ok(true) => self.recovered(),
                Ok(false) => {
                    self.recovered();
                    if self.wait(true) {
                        return;
                    }
                }
                Err(error) => {
                    self.report(&error);
                    if self.wait(false) {
                        return;
                    }
                }
            }
        }
    }

    /// Waits a tick, or until a block comes if `for_blocks`; tells whether to end.
    fn wait(&self, for_blocks: bool) -> bool {
        let queue = self.shared.lock();
        let waits = |queue: &mut Queue| !queue.stop && (!for_blocks || queue.blocks.is_empty());
        let (queue, _) =
            self.shared.wake.wait_timeout_while(queue, TICK, waits).unwrap_or_else(PoisonError::into_inner);
        queue.stop
    }

    fn recovered(&mut self) {
        if std::mem::take(&mut self.failing) {
            tracing::info!("the index of transactions goes on");
        }
    }

    fn report(&mut self, error: &str) {
        counter!("synergy_index_errors_total").increment(1);
        if !std::mem::replace(&mut self.failing, true) {
            tracing::warn!("the index of transactions waits: {error}");
        }
    }

    /// Does one piece of work; `false` when there is none, or the node stops and the rest
    /// would have to be asked of the source.
    fn step(&mut self) -> Result<bool, String> {
        let (first, head) = {
            let queue = self.shared.lock();
            (queue.blocks.front().map(|block| block.height), queue.head)
        };
        let worked = match first {
            Some(height) if self.start(head)?.is_none_or(|next| height <= next) => {
                let blocks = self.shared.lock().take();
                self.write(&blocks)?;
                true
            }
            Some(height) => self.refill(height - 1)?,
            // A block may be on its way into the queue; a gap is one that stays.
            None if head > 0 && self.start(head)?.is_some_and(|next| next <= head) => self.refill(head)?,
            None => self.prune()?,
        };
        let behind = head.saturating_sub(self.next.map_or(0, |next| next - 1));
        gauge!("synergy_index_behind_blocks").set(behind as f64);
        Ok(worked)
    }

    /// The height to write next, without those that pruning would take out at once.
    fn start(&mut self, head: u64) -> Result<Option<u64>, String> {
        if self.next.is_none() && head > 0 {
            let waiting = self.shared.lock().blocks.front().map(|block| block.height);
            self.next = match waiting.filter(|_| self.from_nothing) {
                Some(first) => Some(first),
                None => Some(self.source.earliest().map_err(|e| e.to_string())?),
            };
        }
        if self.keep_recent > 0 && head >= self.keep_recent {
            self.next = self.next.map(|next| next.max(head - self.keep_recent + 1));
        }
        Ok(self.next)
    }

    fn write(&mut self, blocks: &[Block]) -> Result<(), String> {
        // Not lost by an error of the file: they are asked of the source then.
        self.index.append(blocks).map_err(|e| e.to_string())?;
        if let Some(last) = blocks.last() {
            self.next = Some(last.height + 1);
            gauge!("synergy_index_height").set(last.height as f64);
        }
        Ok(())
    }

    /// Asks the source for the next heights up to `to`, a batch at most.
    fn refill(&mut self, to: u64) -> Result<bool, String> {
        let Some(mut height) = self.next else { return Ok(false) };
        let (mut blocks, mut bytes, mut failure, mut stop) = (Vec::new(), 0, None, false);
        while height <= to && blocks.len() < BATCH && bytes < BATCH_BYTES {
            stop = self.shared.lock().stop;
            if stop {
                break;
            }
            match self.source.block(height) {
                Ok(block) => {
                    bytes += block.size();
                    blocks.push(block);
                    height += 1;
                }
                Err(SourceError::Gone(why)) => {
                    let first = self.source.earliest().map_err(|e| e.to_string())?.max(height + 1);
                    tracing::warn!(
                        "transactions of heights {height} to {} are not in the index: {why}",
                        first.min(to + 1) - 1
                    );
                    height = first;
                    break;
                }
                Err(SourceError::Later(why)) => {
                    failure = Some(why);
                    break;
                }
            }
        }
        counter!("synergy_index_refilled_total").increment(blocks.len() as u64);
        self.write(&blocks)?;
        self.next = Some(height);
        failure.map_or(Ok(!stop), Err)
    }

    fn prune(&self) -> Result<bool, String> {
        let Some(range) = self.index.range().filter(|_| self.keep_recent > 0) else { return Ok(false) };
        let below = (range.end() + 1).saturating_sub(self.keep_recent);
        if *range.start() >= below {
            return Ok(false);
        }
        self.index.prune(below, PRUNE_BATCH).map_err(|e| e.to_string())?;
        Ok(true)
    }
}

impl std::fmt::Display for SourceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Later(why) | Self::Gone(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for SourceError {}
