//! The seal on small modules, run by an interpreter.

use wasmi::{Config, Engine, Instance, Linker, Module, Store, Val};

use crate::body::STACK_LIMIT;
use crate::module::seal;
use crate::points::{
    DEPTHWISE_EDGE, DEPTHWISE_FUSED, GROW_PAGE, KERNEL_CALL, MAP_ELEMENT, PRODUCT_FUSED_8, PRODUCT_STEP, PRODUCT_STORE,
};

/// A module with the exports of a guest; `body` adds functions.
fn guest(body: &str) -> Vec<u8> {
    guest_with("", body)
}

/// As [`guest`], with imports.
fn guest_with(imports: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            {imports}
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

/// The imports of the kernels.
const KERNEL: &str = r#"(import "synergy" "matmul_f32" (func $kernel
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))"#;
const ROWS: &str = r#"
    (import "synergy" "map_f32" (func $map (param i32 i32 i32 i32) (result i32)))
    (import "synergy" "depthwise_f32" (func $depthwise (param i32 i32 i32 i32 i32 f32 i32 i32) (result i32)))"#;

/// Calls the kernel with these sizes and number of steps.
fn calls_kernel(m: u32, n: u32, k: u32, steps: u32) -> String {
    let zeros = "(i32.const 0) ".repeat(9);
    format!(
        "(func $test (type $unary)
            (call $kernel (i32.const {m}) (i32.const {n}) (i32.const {k}) {zeros} (i32.const {steps})))"
    )
}

/// What is left of the points, and how often a kernel that answers `status` was called.
fn kernel_run(body: &str, points: i64, status: i32) -> (Option<i32>, i64, u32) {
    let engine = Engine::default();
    let imports = format!("{KERNEL} {ROWS}");
    let module = Module::new(&engine, seal(&guest_with(&imports, body)).unwrap()).unwrap();
    let mut store = Store::new(&engine, 0u32);
    let mut linker = Linker::new(&engine);
    for import in module.imports() {
        let signature = import.ty().func().unwrap().clone();
        linker
            .func_new("synergy", import.name(), signature, move |mut caller, _, results| {
                *caller.data_mut() += 1;
                results[0] = Val::I32(status);
                Ok(())
            })
            .unwrap();
    }
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let global = instance.get_global(&store, "points").unwrap();
    global.set(&mut store, Val::I64(points)).unwrap();
    let load = instance.get_typed_func::<i32, i32>(&store, "load").unwrap();
    let result = load.call(&mut store, 0).ok();
    (result, global.get(&store).i64().unwrap(), *store.data())
}

#[test]
fn the_kernel_is_paid_for_before_it_runs_and_a_refusal_traps() {
    let spent = |m, n, k, steps| {
        let (result, left, calls) = kernel_run(&calls_kernel(m, n, k, steps), 1 << 50, 0);
        assert_eq!((result, calls), (Some(0), 1));
        (1 << 50) - left
    };
    let least = spent(0, 0, 0, 0);
    assert_eq!(spent(2, 3, 5, 0) - least, 2 * 16 * (5 * PRODUCT_FUSED_8 / 8 + PRODUCT_STORE));
    assert_eq!(spent(7, 17, 5, 2) - least, 7 * 32 * (5 * PRODUCT_FUSED_8 / 8 + PRODUCT_STORE + 2 * PRODUCT_STEP));
    assert!(least >= KERNEL_CALL);

    let (result, left, calls) = kernel_run(&calls_kernel(100, 100, 100, 0), 100_000, 0);
    assert!(result.is_none() && left < 0 && calls == 0);
    let (result, left, calls) = kernel_run(&calls_kernel(2, 3, 5, 0), 100_000, 1);
    assert!(result.is_none() && left > 0 && calls == 1);
}

#[test]
fn kernels_of_rows_are_paid_for_too() {
    let spent = |call: &str| {
        let (result, left, calls) = kernel_run(&format!("(func $test (type $unary) {call})"), 1 << 50, 0);
        assert_eq!((result, calls), (Some(0), 1));
        (1 << 50) - left
    };
    let map = |len| spent(&format!("(call $map (i32.const 0) (i32.const {len}) (i32.const 0) (i32.const 0))"));
    assert_eq!(map(u32::MAX) - map(0), i64::from(u32::MAX) * MAP_ELEMENT);
    let call = |count, len| {
        format!(
            "(call $depthwise (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const {count}) (f32.const 0)
                (i32.const {len}) (i32.const 1))"
        )
    };
    let price = 9 * 50 * DEPTHWISE_FUSED + (9 + 50) * DEPTHWISE_EDGE;
    assert_eq!(spent(&call(9, 50)) - spent(&call(0, 0)), price);
    assert!(spent(&call(0, 0)) >= KERNEL_CALL);
    let body = format!("(func $test (type $unary) {})", call(0x4001, 0x4000));
    let (result, left, calls) = kernel_run(&body, i64::MAX, 0);
    assert!(result.is_none() && left > 0 && calls == 0);
}

#[test]
fn sizes_whose_price_would_overflow_trap() {
    let most = u32::MAX;
    for (m, n, k, steps) in [
        (most, most, most, 0),
        (most, 1, most, 0),
        (most, most, 0, 0),
        (0x4000, 0x4001, 1, 0),
        (1, 1, 1, 17),
        (1, 1, 1, most),
    ] {
        let (result, left, calls) = kernel_run(&calls_kernel(m, n, k, steps), i64::MAX, 0);
        assert!(result.is_none() && left > 0 && calls == 0, "{m} {n} {k} {steps}");
    }
}

#[test]
fn the_kernel_cannot_be_reached_without_paying() {
    let body = calls_kernel(1, 1, 1, 0);
    assert!(seal(&guest_with(KERNEL, &body)).is_ok());
    assert!(seal(&guest_with(KERNEL, &format!("(table 1 1 funcref) (elem (i32.const 0) $kernel) {body}"))).is_err());
    assert!(seal(&guest_with(&format!("{KERNEL} {}", KERNEL.replace("$kernel", "$other")), &body)).is_err());
    assert!(seal(&guest_with(&KERNEL.replace("matmul", "other"), &body)).is_err());
    let shorter = r#"(import "synergy" "matmul_f32" (func $kernel (param i32) (result i32)))"#;
    assert!(seal(&guest_with(shorter, LOOP)).is_err());
}
