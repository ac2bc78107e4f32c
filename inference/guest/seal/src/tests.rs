//! The seal on small modules, run by an interpreter.

use wasmi::{Config, Engine, Instance, Linker, Module, Store, Val};

use crate::body::STACK_LIMIT;
use crate::module::seal;
use crate::points::GROW_PAGE;

/// A module with the exports of a guest; `body` adds functions.
fn guest(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (type $unary (func (param i32) (result i32)))
            (memory (export "memory") 1 4)
            (global $own (mut i32) (i32.const 7))
            (func (export "__wasm_call_ctors"))
            (func (export "alloc") (type $unary) (local.get 0))
            (func (export "load") (type $unary) (call $test (local.get 0)))
            (func (export "run") (type $unary) (i32.load8_u (local.get 0)))
            (func (export "reply_ptr") (result i32) (global.get $own))
            (func (export "reply_len") (result i32) (i32.const 0))
            (func (export "reply_place"))
            (data (i32.const 16) "abc")
            {body})"#
    );
    wat::parse_str(text).unwrap()
}

struct Sealed {
    store: Store<()>,
    instance: Instance,
}

impl Sealed {
    fn new(body: &str, points: i64) -> Sealed {
        let mut config = Config::default();
        config.set_max_recursion_depth(100_000).set_max_stack_height(64 << 20);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, seal(&guest(body)).unwrap()).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
        let global = instance.get_global(&store, "points").unwrap();
        global.set(&mut store, Val::I64(points)).unwrap();
        Sealed { store, instance }
    }

    fn call(&mut self, name: &str, argument: i32) -> Option<i32> {
        let function = self.instance.get_typed_func::<i32, i32>(&self.store, name).unwrap();
        function.call(&mut self.store, argument).ok()
    }

    fn points(&self) -> i64 {
        self.instance.get_global(&self.store, "points").unwrap().get(&self.store).i64().unwrap()
    }

    fn height(&self) -> i32 {
        self.instance.get_global(&self.store, "height").unwrap().get(&self.store).i32().unwrap()
    }
}

/// Counts down in a loop.
const LOOP: &str = "(func $test (type $unary)
    (loop $again
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $again (local.get 0)))
    (local.get 0))";

#[test]
fn a_loop_costs_the_same_per_turn_and_stops_when_points_run_out() {
    let cost = |turns| {
        let mut sealed = Sealed::new(LOOP, 1_000_000);
        assert_eq!(sealed.call("load", turns), Some(0));
        1_000_000 - sealed.points()
    };
    let turn = cost(2) - cost(1);
    assert!(turn > 0);
    assert_eq!(cost(100), cost(1) + 99 * turn);

    let mut short = Sealed::new(LOOP, 10 * turn);
    assert_eq!(short.call("load", i32::MAX), None);
    assert!(short.points() < 0 && short.points() >= -turn);
}

/// Calls itself as often as told, and leaves in three ways.
const RECURSION: &str = "(func $test (type $unary)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 5))))
    (block $deep
        (br_if $deep (i32.and (local.get 0) (i32.const 1)))
        (br 1 (call $test (i32.sub (local.get 0) (i32.const 1)))))
    (call $test (i32.sub (local.get 0) (i32.const 1))))";

#[test]
fn recursion_stops_at_the_stack_limit_and_returning_frees_the_stack() {
    let mut sealed = Sealed::new(RECURSION, i64::MAX);
    assert_eq!(sealed.call("load", 101), Some(5));
    assert_eq!(sealed.height(), 0);
    assert_eq!(sealed.call("load", 100), Some(5));
    assert_eq!(sealed.height(), 0);

    let deepest =
        (0..20_000).step_by(50).take_while(|depth| Sealed::new(RECURSION, i64::MAX).call("load", *depth).is_some());
    let frames = deepest.last().unwrap();
    let mut beyond = Sealed::new(RECURSION, i64::MAX);
    assert_eq!(beyond.call("load", frames + 50), None);
    assert!(beyond.height() > STACK_LIMIT);
    assert!(frames < STACK_LIMIT / 128);
}

#[test]
fn growing_pays_per_page_and_traps_at_the_maximum() {
    let grow = "(func $test (type $unary) (memory.grow (local.get 0)))";
    let mut sealed = Sealed::new(grow, i64::MAX);
    assert_eq!(sealed.call("load", 2), Some(1));
    assert!(i64::MAX - sealed.points() >= 2 * GROW_PAGE);
    assert_eq!(sealed.call("load", 2), None);
    assert_eq!(sealed.height(), -1);

    let mut poor = Sealed::new(grow, GROW_PAGE);
    assert_eq!(poor.call("load", 2), None);
    assert!(poor.points() < 0);
    let mut wrapping = Sealed::new(grow, i64::MAX);
    assert_eq!(wrapping.call("load", -1), None);
}

#[test]
fn memory_starts_empty_and_its_image_is_kept() {
    let sealed = seal(&guest(LOOP)).unwrap();
    let image = b"\x10\0\0\0\x03\0\0\0abc";
    assert!(sealed.windows(image.len()).any(|window| window == image));
    assert_eq!(Sealed::new(LOOP, 1_000).call("run", 16), Some(0));
}

#[test]
fn what_is_not_deterministic_is_refused() {
    let refused = |body: &str| seal(&guest(body)).is_err();
    let with = |body: &str| format!("(func $test (type $unary) {body} (i32.const 0))");
    assert!(!refused(&with("")));
    assert!(refused(&with("(memory.fill (i32.const 0) (i32.const 0) (i32.const 1))")));
    assert!(refused(&with("(memory.copy (i32.const 0) (i32.const 0) (i32.const 1))")));
    let relaxed = "(drop (f32x4.relaxed_madd (v128.const i64x2 0 0) (v128.const i64x2 0 0) (v128.const i64x2 0 0)))";
    assert!(refused(&with(relaxed)));
    assert!(refused(&format!("(func $start) (start $start) {}", with(""))));
    let import = r#"(module (import "env" "clock" (func)) (memory 1 1))"#;
    assert!(seal(&wat::parse_str(import).unwrap()).is_err());
}
