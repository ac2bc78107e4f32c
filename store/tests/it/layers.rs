//! State against a model: a stack of plain maps.

use std::collections::BTreeMap;
use std::ops::Bound;

use proptest::prelude::*;
use synergy_store::{Event, Order, State};

use crate::common::{block, memory};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Clone, Debug)]
enum Step {
    Set(Vec<u8>, Vec<u8>),
    Remove(Vec<u8>),
    Push,
    Pop,
    Merge,
    Range(Vec<u8>, Option<Vec<u8>>),
    Commit,
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    // Few bytes, zero and 0xff among them: keys that are prefixes of others.
    prop::collection::vec(prop::sample::select(vec![0u8, 1, 9, 0xff]), 1..4)
        .prop_map(|tail| [b"a".as_slice(), &tail].concat())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (key(), 1u8..9).prop_map(|(key, value)| Step::Set(key, vec![value])),
        4 => key().prop_map(Step::Remove),
        3 => Just(Step::Push),
        1 => Just(Step::Pop),
        1 => Just(Step::Merge),
        3 => (key(), prop::option::of(key())).prop_map(|(start, end)| Step::Range(start, end)),
        1 => Just(Step::Commit),
    ]
}

fn check_range(state: &State, model: &Model, start: &[u8], end: Option<&[u8]>) {
    let expected: Vec<(Vec<u8>, Vec<u8>)> = if end.is_some_and(|end| start >= end) {
        Vec::new()
    } else {
        let bounds = (Bound::Included(start), end.map_or(Bound::Unbounded, Bound::Excluded));
        model.range::<[u8], _>(bounds).map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let ascending: Vec<_> = state.range(start, end, Order::Ascending).collect();
    let mut descending: Vec<_> = state.range(start, end, Order::Descending).collect();
    descending.reverse();
    assert_eq!(ascending, expected);
    assert_eq!(descending, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn layers_behave_like_a_stack_of_maps(steps in prop::collection::vec(step(), 1..80)) {
        let store = memory();
        let mut state = State::new(store.latest());
        let mut stack: Vec<Model> = vec![Model::new()];
        let mut committed: Vec<Model> = Vec::new();
        for step in steps {
            match step {
                Step::Set(key, value) => {
                    state.set(&key, &value);
                    stack.last_mut().unwrap().insert(key, value);
                }
                Step::Remove(key) => {
                    state.remove(&key);
                    stack.last_mut().unwrap().remove(&key);
                }
                Step::Push => {
                    state.push();
                    stack.push(stack.last().unwrap().clone());
                }
                Step::Pop if stack.len() > 1 => {
                    state.pop();
                    stack.pop();
                }
                Step::Merge if stack.len() > 1 => {
                    state.merge();
                    let top = stack.pop().unwrap();
                    *stack.last_mut().unwrap() = top;
                }
                Step::Pop | Step::Merge => {}
                Step::Range(start, end) => check_range(&state, stack.last().unwrap(), &start, end.as_deref()),
                Step::Commit => {
                    let top = stack.pop().unwrap();
                    stack = vec![top.clone()];
                    committed.push(top);
                    let prepared = store.prepare(store.head().height + 1, state.into_changes());
                    store.commit(prepared, Vec::new());
                    state = State::new(store.latest());
                }
            }
            let model = stack.last().unwrap();
            for (key, value) in model {
                prop_assert_eq!(state.get(key), Some(value.clone()));
            }
            prop_assert!(!state.has(b"aabsent"));
        }
        check_range(&state, stack.last().unwrap(), &[], None);
        for (height, model) in (1..).zip(&committed) {
            let past = State::new(store.at(height).unwrap());
            check_range(&past, model, &[], None);
            check_range(&past, model, b"a\0", Some(b"a\xff"));
        }
    }
}

#[test]
fn long_ranges_cross_chunks_at_the_latest_and_at_past_heights() {
    let store = memory();
    let key = |number: u32| [b"a", number.to_be_bytes().as_slice()].concat();
    block(&store, |state| (0..5000).for_each(|number| state.set(&key(number), b"1")));
    // Every key gets history; a stretch of them is gone; new ones lie in between.
    for round in 2..=3u8 {
        block(&store, |state| (0..5000).for_each(|number| state.set(&key(number), &[round])));
    }
    block(&store, |state| {
        (1000..4000).for_each(|number| state.remove(&key(number)));
        (0..3000).for_each(|number| state.set(&[key(number), vec![0]].concat(), b"new"));
    });
    let mut model: Vec<Model> = (1..=3u8)
        .map(|round| {
            let value = if round == 1 { b'1' } else { round };
            (0..5000).map(|number| (key(number), vec![value])).collect()
        })
        .collect();
    let mut last = model[2].clone();
    (1000..4000).for_each(|number| drop(last.remove(&key(number))));
    (0..3000).for_each(|number| drop(last.insert([key(number), vec![0]].concat(), b"new".to_vec())));
    model.push(last);
    for (height, model) in (1..).zip(&model) {
        let state = State::new(store.at(height).unwrap());
        check_range(&state, model, &[], None);
        check_range(&state, model, &key(500), Some(&key(4500)));
        check_range(&state, model, &key(2000), Some(&key(2001)));
    }
}

#[test]
fn events_follow_their_layer() {
    let event = |kind: &str| Event { kind: kind.into(), attributes: Vec::new() };
    let mut state = State::new(memory().latest());
    state.emit(event("block"));
    state.push();
    state.emit(event("ante"));
    state.push();
    state.emit(event("failed"));
    state.pop();
    state.push();
    state.emit(event("message"));
    state.merge();
    assert_eq!(state.take_events(), [event("ante"), event("message")]);
    state.merge();
    assert_eq!(state.take_events(), [event("block")]);
    assert_eq!(state.take_events(), []);
}

#[test]
fn a_state_moves_to_another_thread_and_back() {
    let store = memory();
    let state = State::new(store.latest());
    let state = std::thread::scope(|scope| {
        let work = move || {
            let mut state = state;
            state.set(b"ak", b"there");
            state
        };
        scope.spawn(work).join().unwrap()
    });
    assert_eq!(state.get(b"ak"), Some(b"there".to_vec()));
}

#[test]
#[should_panic(expected = "an empty value cannot be stored")]
fn an_empty_value_is_a_fault() {
    State::new(memory().latest()).set(b"ak", b"");
}

#[test]
#[should_panic(expected = "which no store has")]
fn a_key_of_no_store_is_a_fault() {
    block(&memory(), |state| state.set(b"Qk", b"v"));
}

#[test]
#[should_panic(expected = "prepared on another one")]
fn a_block_prepared_on_an_older_one_is_a_fault() {
    let store = memory();
    let changes = || {
        let mut state = State::new(store.latest());
        state.set(b"ak", b"v");
        state.into_changes()
    };
    let (one, two) = (store.prepare(1, changes()), store.prepare(1, changes()));
    store.commit(one, Vec::new());
    store.commit(two, Vec::new());
}

#[test]
fn prepare_changes_nothing_and_repeats() {
    let store = memory();
    block(&store, |state| state.set(b"ak", b"v"));
    let hash = |value: &[u8]| {
        let mut state = State::new(store.latest());
        state.set(b"ak", value);
        store.prepare(2, state.into_changes()).app_hash()
    };
    let before = store.head();
    assert_eq!(hash(b"v"), before.app_hash, "a write without effect leaves the hash");
    assert_eq!(hash(b"w"), hash(b"w"));
    assert_ne!(hash(b"w"), before.app_hash);
    assert_eq!(store.head(), before);
    assert_eq!(store.latest().get(b"ak"), Some(b"v".to_vec()));
}

#[test]
fn the_first_block_may_have_any_height() {
    let store = memory();
    let mut state = State::new(store.latest());
    state.set(b"ak", b"v");
    let prepared = store.prepare(1000, state.into_changes());
    store.commit(prepared, Vec::new());
    assert_eq!(store.head().height, 1000);
    block(&store, |state| state.set(b"ak", b"w"));
    assert_eq!(store.at(1000).unwrap().get(b"ak"), Some(b"v".to_vec()));
    assert!(store.at(999).is_err());
}
