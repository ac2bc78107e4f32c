//! What is put in is found, once, and what is taken out is gone.

use std::time::{Duration, Instant};

use crate::support::{address, block, event, tx};
use proptest::prelude::*;
use prost::Message;
use sha2::{Digest, Sha256};
use synergy_indexer::{Block, Error, Index, Query, Selection};
use tendermint_proto::v0_38::abci::ExecTxResult;

const ALL: Selection = Selection { skip: 0, limit: 1_000_000, descending: false };

fn open() -> (tempfile::TempDir, Index) {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path(), "synergy").unwrap();
    (folder, index)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// Places of what a query finds.
fn find(index: &Index, query: &str, wanted: Selection) -> (u64, Vec<(u64, u32)>) {
    let page = index.search(&Query::parse(query).unwrap(), wanted, soon()).unwrap();
    (page.total, page.txs.iter().map(|tx| (tx.height, tx.position)).collect())
}

/// The same from the blocks themselves.
fn expected(blocks: &[Block], holds: impl Fn(u64, &ExecTxResult) -> bool) -> Vec<(u64, u32)> {
    let all = blocks.iter().flat_map(|b| (0..).zip(&b.txs).map(|(position, tx)| (b.height, position, tx)));
    all.filter(|(height, _, tx)| holds(*height, &ExecTxResult::decode(tx.result.clone()).unwrap()))
        .map(|(height, position, _)| (height, position))
        .collect()
}

fn has(result: &ExecTxResult, kind: &str, conditions: &[(&str, &dyn Fn(&str) -> bool)]) -> bool {
    result
        .events
        .iter()
        .filter(|e| e.r#type == kind)
        .any(|e| conditions.iter().all(|(key, holds)| e.attributes.iter().any(|a| a.key == *key && holds(&a.value))))
}

#[test]
fn transactions_are_found_by_hash_event_account_and_height() {
    let (_folder, index) = open();
    let blocks: Vec<_> = (1..=40).map(|height| block(height, height % 6)).collect();
    index.append(&blocks).unwrap();
    assert_eq!(index.range(), Some(1..=40));

    let wanted = &blocks[10].txs[3];
    let hash: [u8; 32] = Sha256::digest(&wanted.bytes).into();
    let found = index.tx(&hash).unwrap().unwrap();
    assert_eq!((found.height, found.position, found.seconds), (11, 3, 1_700_000_011));
    assert_eq!((&found.bytes[..], found.result.code), (&wanted.bytes[..], 1));
    assert_eq!(index.tx(&[7; 32]).unwrap(), None);
    let by_hash = format!("tx.hash='{}'", hash.iter().map(|b| format!("{b:02X}")).collect::<String>());
    assert_eq!(find(&index, &by_hash, ALL), (1, vec![(11, 3)]));
    assert_eq!(find(&index, &format!("{by_hash} AND tx.height<11"), ALL).0, 0);

    let a = address(2);
    let check = |query: &str, wanted: Vec<(u64, u32)>| {
        assert!(!wanted.is_empty(), "{query} finds nothing to compare");
        assert_eq!(find(&index, query, ALL), (wanted.len() as u64, wanted), "{query}");
    };
    check("tx.height>30 AND tx.height<=35", expected(&blocks, |height, _| (31..=35).contains(&height)));
    check("message.action='/send'", expected(&blocks, |_, r| has(r, "message", &[("action", &|v| v == "/send")])));
    check(
        &format!("transfer.sender='{a}' AND transfer.amount>200 AND tx.height<30"),
        expected(&blocks, |height, r| {
            let more = |v: &str| v.parse::<u64>().unwrap() > 200;
            height < 30 && has(r, "transfer", &[("sender", &|v| v == a), ("amount", &more)])
        }),
    );
    check(
        "transfer.amount CONTAINS '33'",
        expected(&blocks, |_, r| has(r, "transfer", &[("amount", &|v| v.contains("33"))])),
    );
    let named = |r: &ExecTxResult| r.events.iter().flat_map(|e| &e.attributes).any(|x| x.value.starts_with(&a));
    check(&format!("tx.account='{a}'"), expected(&blocks, |_, r| named(r)));
    check(
        &format!("tx.account='{a}' AND transfer.recipient='{a}'"),
        expected(&blocks, |_, r| has(r, "transfer", &[("recipient", &|v| v == a)])),
    );
    // Two attributes of different events are not one event.
    assert_eq!(find(&index, &format!("message.action='/send' AND transfer.sender='{a}'"), ALL).0, 0);
    assert_eq!(find(&index, "message.action='/other'", ALL), (0, vec![]));
}

#[test]
fn pages_cover_everything_once_in_both_orders() {
    let (_folder, index) = open();
    let blocks: Vec<_> = (1..=30).map(|height| block(height, height % 5)).collect();
    index.append(&blocks).unwrap();
    let a = address(3);
    for query in [
        "message.action='/send'".to_owned(),
        "tx.height>=1".to_owned(),
        "transfer.amount>=0".to_owned(),
        format!("tx.account='{a}'"),
    ] {
        let (total, all) = find(&index, &query, ALL);
        assert_eq!(total, all.len() as u64);
        for descending in [false, true] {
            let (mut paged, mut skip) = (Vec::new(), 0);
            loop {
                let (again, page) = find(&index, &query, Selection { skip, limit: 7, descending });
                assert_eq!(again, total);
                if page.is_empty() {
                    break;
                }
                skip += 7;
                paged.extend(page);
            }
            if descending {
                paged.reverse();
            }
            assert_eq!(paged, all, "{query}");
        }
    }
}

#[test]
fn a_block_that_comes_again_replaces_itself() {
    let (folder, index) = open();
    index.append(&[block(1, 3), block(2, 3), block(3, 3)]).unwrap();
    let mut other = block(2, 1);
    other.txs[0] = tx("other", 0, vec![event("e", &[("k", "v")])]);
    index.append(&[other]).unwrap();
    assert_eq!(index.range(), Some(1..=2));
    assert_eq!(find(&index, "message.action='/send'", ALL).0, 3);
    assert_eq!(find(&index, "e.k='v'", ALL), (1, vec![(2, 0)]));
    assert_eq!(find(&index, "tx.height>0", ALL).0, 4);
    index.truncate(0).unwrap();
    assert_eq!(index.range(), None);
    drop(index);
    let index = Index::open(folder.path(), "synergy").unwrap();
    assert_eq!(find(&index, "message.action EXISTS", ALL).0, 0);
    assert_eq!(find(&index, "tx.height>0", ALL).0, 0);
}

#[test]
fn pruning_takes_the_oldest_and_all_of_them() {
    let (_folder, index) = open();
    index.append(&(1..=20).map(|height| block(height, 2)).collect::<Vec<_>>()).unwrap();
    index.prune(11, 4).unwrap();
    assert_eq!(index.range(), Some(5..=20));
    index.prune(11, 100).unwrap();
    index.prune(11, 100).unwrap();
    assert_eq!(index.range(), Some(11..=20));
    assert_eq!(find(&index, "message.action='/send'", ALL).0, 20);
    assert_eq!(find(&index, "message.action='/send' AND tx.height<11", ALL).0, 0);
    index.prune(100, 1000).unwrap();
    assert_eq!(index.range(), None);
}

#[test]
fn of_equal_transactions_the_successful_one_is_given() {
    let (_folder, index) = open();
    let with = |height, code| Block { height, seconds: 0, nanos: 0, txs: vec![tx("same", code, vec![])] };
    index.append(&[with(1, 5), with(2, 0), with(3, 32)]).unwrap();
    let hash = Sha256::digest(b"same").into();
    assert_eq!(index.tx(&hash).unwrap().unwrap().height, 2);
    index.append(&[with(2, 7)]).unwrap();
    assert_eq!(index.tx(&hash).unwrap().unwrap().height, 2);
}

#[test]
fn values_do_not_run_into_keys() {
    let (_folder, index) = open();
    let txs = vec![tx("1", 0, vec![event("a", &[("b\0c", "x"), ("b", "c=x")])])];
    index.append(&[Block { height: 1, seconds: 0, nanos: 0, txs }]).unwrap();
    assert_eq!(find(&index, "a.b='c=x'", ALL).0, 1);
    assert_eq!(find(&index, "a.b='c'", ALL).0, 0);
    assert_eq!(find(&index, "tx.account='x'", ALL).0, 0);
}

#[test]
fn a_query_that_takes_too_long_says_how_to_bound_it() {
    let (_folder, index) = open();
    index.append(&[block(1, 3)]).unwrap();
    let query = Query::parse("transfer.amount>0").unwrap();
    let error = index.search(&query, ALL, Instant::now() - Duration::from_secs(1)).unwrap_err();
    assert!(matches!(error, Error::TooSlow) && error.to_string().contains("tx.height>"), "{error}");
}

#[test]
fn a_damaged_file_is_made_anew() {
    let (folder, index) = open();
    index.append(&[block(1, 3)]).unwrap();
    drop(index);
    let file = folder.path().join("index.sqlite");
    std::fs::write(&file, b"no database at all, but long enough to be read as a header of one".repeat(100)).unwrap();
    let _ = std::fs::remove_file(folder.path().join("index.sqlite-wal"));
    let index = Index::open(folder.path(), "synergy").unwrap();
    assert_eq!(index.range(), None);
    index.append(&[block(1, 3)]).unwrap();
    assert_eq!(find(&index, "tx.height>0", ALL).0, 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Any way of appending, replacing, taking back and pruning leaves what a plain
    /// list of blocks has.
    #[test]
    fn the_index_equals_a_list(steps in prop::collection::vec((0..4u8, 1..6u64, 0..5u64), 1..25)) {
        let (_folder, index) = open();
        let mut list: Vec<Block> = Vec::new();
        let mut next = 1;
        for (what, count, txs) in steps {
            match what {
                0 | 1 => {
                    let new: Vec<_> = (next..next + count).map(|height| block(height, txs)).collect();
                    index.append(&new).unwrap();
                    list.extend(new);
                    next += count;
                }
                2 => {
                    next = next.saturating_sub(count).max(1);
                    list.retain(|b| b.height < next);
                    index.truncate(next - 1).unwrap();
                }
                _ => {
                    let below = list.first().map_or(0, |b| b.height + txs);
                    list.retain(|b| b.height >= below);
                    index.prune(below, 1000).unwrap();
                }
            }
            let range = list.first().map(|first| first.height..=list.last().unwrap().height);
            prop_assert_eq!(index.range(), range);
            for number in 0..7 {
                let a = address(number);
                let wanted = expected(&list, |_, r| has(r, "transfer", &[("sender", &|v| v == a)]));
                prop_assert_eq!(find(&index, &format!("transfer.sender='{a}'"), ALL).1, wanted);
            }
            prop_assert_eq!(find(&index, "tx.height>0", ALL).1, expected(&list, |_, _| true));
        }
    }
}
