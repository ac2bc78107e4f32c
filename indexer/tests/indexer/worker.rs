//! The thread that writes: in order, without gaps, whatever is missing.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::support::{Blocks, block, event, tx};
use synergy_indexer::{Block, Index, Indexer, Query, Range, Selection, Settings, Source, SourceError};

fn start(folder: &Path, head: u64, keep_recent: u64, source: Blocks) -> Indexer {
    let index = Index::open(folder, "synergy").unwrap();
    Indexer::start(index, Settings { keep_recent, head }, source).unwrap()
}

fn blocks(first: u64, last: u64) -> (Blocks, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    (Blocks { first, last, txs: 2, asked: asked.clone() }, asked)
}

fn until(indexer: &Indexer, range: Range) {
    let end = Instant::now() + Duration::from_secs(60);
    while indexer.index().range() != Some(range.clone()) {
        assert!(Instant::now() < end, "{:?} instead of {range:?}", indexer.index().range());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Every height of the range with its two transactions, once.
fn complete(indexer: &Indexer, range: Range) {
    let all = Selection { skip: 0, limit: u64::MAX, descending: false };
    let query = Query::parse("message.action='/send'").unwrap();
    let page = indexer.search(&query, all, Instant::now() + Duration::from_secs(60)).unwrap();
    let places: Vec<_> = page.txs.iter().map(|tx| (tx.height, tx.position)).collect();
    assert_eq!(places, range.flat_map(|height| [(height, 0), (height, 1)]).collect::<Vec<_>>());
}

#[test]
fn a_new_chain_is_indexed_without_asking_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let (source, asked) = blocks(1, 0);
    let indexer = start(folder.path(), 0, 0, source);
    for height in 1..=50 {
        indexer.feed(block(height, 2));
    }
    until(&indexer, 1..=50);
    complete(&indexer, 1..=50);
    assert_eq!((indexer.behind(), asked.load(Ordering::SeqCst)), (0, 0));
}

#[test]
fn what_a_crash_lost_is_asked_of_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(folder.path(), 0, 0, blocks(1, 0).0);
    (1..=5).for_each(|height| first.feed(block(height, 2)));
    until(&first, 1..=5);
    drop(first);
    // The node went on to 9 without the index, and makes 10 now.
    let (source, asked) = blocks(1, 9);
    let indexer = start(folder.path(), 9, 0, source);
    until(&indexer, 1..=9);
    indexer.feed(block(10, 2));
    until(&indexer, 1..=10);
    complete(&indexer, 1..=10);
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[test]
fn a_gap_before_the_first_block_is_filled_first() {
    let folder = tempfile::tempdir().unwrap();
    let indexer = start(folder.path(), 200, 0, blocks(1, 200).0);
    indexer.feed(block(201, 2));
    until(&indexer, 1..=201);
    complete(&indexer, 1..=201);
}

#[test]
fn an_index_ahead_of_the_node_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(folder.path(), 0, 0, blocks(1, 0).0);
    (1..=5).for_each(|height| first.feed(block(height, 2)));
    until(&first, 1..=5);
    drop(first);
    let indexer = start(folder.path(), 3, 0, blocks(1, 0).0);
    assert_eq!(indexer.index().range(), Some(1..=3));
    indexer.feed(block(4, 2));
    until(&indexer, 1..=4);
    complete(&indexer, 1..=4);
}

#[test]
fn a_new_node_asks_for_nothing_below_its_first_block() {
    let folder = tempfile::tempdir().unwrap();
    let (source, asked) = blocks(1, 0);
    let indexer = start(folder.path(), 0, 0, source);
    (1_000..=1_005).for_each(|height| indexer.feed(block(height, 2)));
    until(&indexer, 1_000..=1_005);
    complete(&indexer, 1_000..=1_005);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn what_the_source_has_thrown_away_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(folder.path(), 0, 0, blocks(1, 0).0);
    first.feed(block(1, 2));
    until(&first, 1..=1);
    drop(first);
    let indexer = start(folder.path(), 60, 0, blocks(50, 60).0);
    until(&indexer, 1..=60);
    assert!(indexer.index().range().is_some());
    let query = Query::parse("tx.height>1").unwrap();
    let some = Selection { skip: 0, limit: 1, descending: false };
    let page = indexer.search(&query, some, Instant::now() + Duration::from_secs(60)).unwrap();
    assert_eq!((page.total, page.txs[0].height), (22, 50));
}

/// A source that cannot be asked while the gate is shut.
struct Gated {
    open: Arc<AtomicBool>,
    blocks: Blocks,
}

impl Source for Gated {
    fn earliest(&mut self) -> Result<u64, SourceError> {
        if self.open.load(Ordering::SeqCst) { self.blocks.earliest() } else { Err(SourceError::Later("shut".into())) }
    }

    fn block(&mut self, height: u64) -> Result<Block, SourceError> {
        self.blocks.block(height)
    }
}

#[test]
fn a_full_queue_drops_blocks_that_come_back_from_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let (blocks, asked) = blocks(1, 40);
    let open = Arc::new(AtomicBool::new(false));
    let index = Index::open(folder.path(), "synergy").unwrap();
    let settings = Settings { keep_recent: 0, head: 1 };
    let indexer = Indexer::start(index, settings, Gated { open: open.clone(), blocks }).unwrap();
    // Nothing can be written before height 1 is there.
    let mut big = block(2, 2);
    let padding = tx(&"x".repeat(50 << 20), 0, vec![event("message", &[("action", "/send")])]);
    big.txs[0] = padding;
    indexer.feed(big);
    (3..=40).for_each(|height| indexer.feed(block(height, 2_000)));
    assert_eq!(indexer.behind(), 40);
    open.store(true, Ordering::SeqCst);
    until(&indexer, 1..=40);
    assert_eq!(indexer.behind(), 0);
    // Height 1 and what found the queue full.
    assert!((2..39).contains(&asked.load(Ordering::SeqCst)), "{asked:?}");
}

#[test]
fn old_heights_are_pruned_and_never_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let (source, asked) = blocks(1, 1000);
    let indexer = start(folder.path(), 1000, 10, source);
    until(&indexer, 991..=1000);
    assert_eq!(asked.load(Ordering::SeqCst), 10);
    indexer.feed(block(1001, 2));
    until(&indexer, 992..=1001);
    complete(&indexer, 992..=1001);
}
