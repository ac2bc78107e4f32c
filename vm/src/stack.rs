//! The limit of a contract's call stack.
//!
//! How deep calls fit into the native stack depends on the compiler's registers and so
//! on the family of the CPU; where a contract runs out of it would be another place,
//! and another gas, on every one. So the machine code is made of a rewritten module
//! that keeps account of its own stack, in units that are an upper bound of the bytes
//! of any CPU, and traps long before the native stack ends.

use std::ops::Range;

use anyhow::{Context, Result, anyhow, ensure};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, Function, GlobalSection, GlobalType, Instruction, MemArg, MemArgTarget, Module,
    RawSection, SectionId, ValType,
    reencode::{Reencode, RoundtripReencoder},
};
use wasmparser::{
    FuncToValidate, FuncType, FuncValidatorAllocations, FunctionBody, Operator, Parser, Payload, TypeRef, ValidPayload,
    Validator, ValidatorResources,
};

/// What the frames of all calls of an instance may add up to. The native stack is
/// 1 MiB: the 50,000 locals that a function may have come above this before it counts
/// itself, and there is room for what the engine calls.
const LIMIT: i32 = 512 << 10;

/// Frames of functions that call nothing are counted from this size on.
const LARGE: i32 = 4 << 10;

/// Units of a function's frame: every local and operand may be kept on the stack, and
/// an operand a second time as an argument; then the registers that a call saves.
fn frame(locals: usize, operands: usize) -> i32 {
    let values = locals.saturating_add(operands).saturating_mul(16);
    i32::try_from(values.saturating_add(256)).unwrap_or(i32::MAX)
}

/// The module that machine code is made of, for one that passed the static checks.
///
/// # Errors
/// What of it cannot be read.
pub(crate) fn limit(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut validator = Validator::new();
    let mut limited = Limited { wasm, ..Limited::default() };
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match validator.payload(&payload)? {
            ValidPayload::Func(function, body) => limited.function(&body, function)?,
            _ => limited.section(&payload)?,
        }
    }
    limited.code();
    Ok(limited.module.finish())
}

#[derive(Default)]
struct Limited<'a> {
    wasm: &'a [u8],
    module: Module,
    types: Vec<FuncType>,
    /// Types of the module's own functions.
    functions: Vec<u32>,
    /// Globals before the one that is added.
    globals: u32,
    added: bool,
    bodies: usize,
    code: CodeSection,
}

impl Limited<'_> {
    fn section(&mut self, payload: &Payload<'_>) -> Result<()> {
        match payload {
            Payload::TypeSection(reader) => {
                for kind in reader.clone().into_iter_err_on_gc_types() {
                    self.types.push(kind?);
                }
            }
            Payload::ImportSection(reader) => {
                for import in reader.clone().into_imports() {
                    self.globals += u32::from(matches!(import?.ty, TypeRef::Global(_)));
                }
            }
            Payload::FunctionSection(reader) => {
                self.functions = reader.clone().into_iter().collect::<Result<_, _>>()?
            }
            Payload::GlobalSection(reader) => {
                self.globals += reader.count();
                let mut section = GlobalSection::new();
                RoundtripReencoder.parse_global_section(&mut section, reader.clone()).map_err(|e| anyhow!("{e}"))?;
                self.add_global(section);
                return Ok(());
            }
            Payload::CodeSectionStart { .. } => {
                self.before(SectionId::Code as u8);
                return Ok(());
            }
            _ => {}
        }
        match payload.as_section() {
            Some((id, range)) => {
                let data = slice(self.wasm, range)?;
                if id > SectionId::Code as u8 {
                    self.code();
                }
                self.before(id);
                self.module.section(&RawSection { id, data });
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Puts in the section of globals, if the module has none, where it belongs.
    fn before(&mut self, id: u8) {
        if !self.added && id >= SectionId::Export as u8 {
            self.add_global(GlobalSection::new());
        }
    }

    fn add_global(&mut self, mut section: GlobalSection) {
        let kind = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        section.global(kind, &ConstExpr::i32_const(LIMIT));
        self.module.section(&section);
        self.added = true;
    }

    /// Writes the functions, once the last one is there.
    fn code(&mut self) {
        if self.bodies > 0 && !self.functions.is_empty() {
            self.module.section(&std::mem::take(&mut self.code));
            self.functions.clear();
        }
    }

    fn function(&mut self, body: &FunctionBody<'_>, function: FuncToValidate<ValidatorResources>) -> Result<()> {
        let index = self.functions.get(self.bodies).context("a body without a function")?;
        let kind = self.types.get(*index as usize).context("a function without a type")?;
        ensure!(kind.results().len() <= 1, "a function with several results");
        let result = kind.results().first().map(|kind| RoundtripReencoder.val_type(*kind));
        let result = result.transpose().map_err(|e| anyhow!("{e}"))?;
        let survey = Survey::of(body, function, kind.params().len())?;
        self.bodies += 1;
        if survey.calls || survey.frame >= LARGE {
            self.code.function(&rewrite(body, &survey, result, self.globals)?);
        } else {
            self.code.raw(slice(self.wasm, body.range())?);
        }
        Ok(())
    }
}

fn slice(wasm: &[u8], range: Range<u64>) -> Result<&[u8]> {
    wasm.get(usize::try_from(range.start)?..usize::try_from(range.end)?).context("a range outside of the module")
}

/// What the first pass over a body finds.
struct Survey<'a> {
    operators: Vec<Operator<'a>>,
    frame: i32,
    calls: bool,
    /// Whether a branch leaves the function, as a return does.
    branches_out: bool,
}

impl<'a> Survey<'a> {
    fn of(body: &FunctionBody<'a>, function: FuncToValidate<ValidatorResources>, parameters: usize) -> Result<Self> {
        let mut validator = function.into_validator(FuncValidatorAllocations::default());
        let mut locals = parameters;
        let mut reader = body.get_locals_reader()?;
        for _ in 0..reader.get_count() {
            let offset = reader.original_position();
            let (count, kind) = reader.read()?;
            validator.define_locals(offset, count, kind)?;
            locals = locals.saturating_add(count as usize);
        }
        let (mut operators, mut operands, mut depth) = (Vec::new(), 0_usize, 0_u32);
        let (mut calls, mut branches_out) = (false, false);
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let (operator, offset) = reader.read_with_offset()?;
            validator.op(offset, &operator)?;
            operands = operands.max(validator.operand_stack_height() as usize);
            match &operator {
                Operator::Call { .. } | Operator::CallIndirect { .. } => calls = true,
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth = depth.saturating_add(1),
                Operator::End => depth = depth.saturating_sub(1),
                Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                    branches_out |= *relative_depth == depth;
                }
                Operator::BrTable { targets } => {
                    branches_out |= targets.default() == depth;
                    for target in targets.targets() {
                        branches_out |= target? == depth;
                    }
                }
                _ => {}
            }
            operators.push(operator);
        }
        Ok(Self { operators, frame: frame(locals, operands), calls, branches_out })
    }
}

/// A body that takes its frame from what is left of the stack at its entry, traps if
/// there is not enough, and gives it back on every way out.
fn rewrite(body: &FunctionBody<'_>, survey: &Survey<'_>, result: Option<ValType>, left: u32) -> Result<Function> {
    let mut locals = Vec::new();
    for group in body.get_locals_reader()? {
        let (count, kind) = group?;
        locals.push((count, RoundtripReencoder.val_type(kind).map_err(|e| anyhow!("{e}"))?));
    }
    let mut out = Function::new(locals);
    enter(&mut out, survey.frame, left);
    // A block takes the place of the function's own label; else nothing is put around.
    let wrapped = survey.branches_out;
    if wrapped {
        out.instruction(&Instruction::Block(result.map_or(BlockType::Empty, BlockType::Result)));
    }
    let mut depth = 0_u32;
    for operator in &survey.operators {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth = depth.saturating_add(1),
            Operator::Return if wrapped => {
                out.instruction(&Instruction::Br(depth));
                continue;
            }
            Operator::Return => leave(&mut out, survey.frame, left),
            Operator::End if depth == 0 => {
                if wrapped {
                    out.instruction(&Instruction::End);
                }
                leave(&mut out, survey.frame, left);
            }
            Operator::End => depth = depth.saturating_sub(1),
            _ => {}
        }
        let instruction = RoundtripReencoder.instruction(operator.clone()).map_err(|e| anyhow!("{e}"))?;
        out.instruction(&instruction);
    }
    Ok(out)
}

/// The trap is a load at 2³² − 1, which no memory reaches: a branch would cost more
/// gas than all the rest.
fn enter(out: &mut Function, frame: i32, left: u32) {
    for instruction in [
        Instruction::GlobalGet(left),
        Instruction::I32Const(frame),
        Instruction::I32Sub,
        Instruction::GlobalSet(left),
        Instruction::GlobalGet(left),
        Instruction::I32Const(31),
        Instruction::I32ShrS,
        Instruction::I32Load8U(MemArg { offset: 0, align: 0, target: MemArgTarget::Memory(0), ordering: None }),
        Instruction::Drop,
    ] {
        out.instruction(&instruction);
    }
}

fn leave(out: &mut Function, frame: i32, left: u32) {
    for instruction in
        [Instruction::GlobalGet(left), Instruction::I32Const(frame), Instruction::I32Add, Instruction::GlobalSet(left)]
    {
        out.instruction(&instruction);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use wasmer::{Engine, Instance, Module, Store, imports, sys::Singlepass};

    use super::*;

    /// What `run` of a module gives for an argument, as it is and limited.
    fn both(text: &str, argument: i32) -> [Result<i32, String>; 2] {
        let wasm = wat::parse_str(text).unwrap();
        let limited = limit(&wasm).unwrap();
        [wasm, limited].map(|wasm| {
            let engine: Engine = Singlepass::new().into();
            let mut store = Store::new(engine);
            let module = Module::new(&store, wasm).unwrap();
            let instance = Instance::new(&mut store, &module, &imports! {}).unwrap();
            let run = instance.exports.get_typed_function::<i32, i32>(&store, "run").unwrap();
            run.call(&mut store, argument).map_err(|e| e.message())
        })
    }

    /// Every way out of a function, with and without values left on the stack, many
    /// times over: one that gave back too little or too much would trap.
    #[test]
    fn functions_do_what_they_did_and_give_back_what_they_took() {
        for body in [
            "(call $one)",
            "(return (call $one))",
            "(if (result i32) (call $even (local.get 0)) (then (return (call $one))) (else (i32.const 4)))",
            "(br 0 (call $one))",
            "(br_if 0 (call $one) (call $even (local.get 0))) (drop) (i32.const 9)",
            "(block (br_table 0 1 (call $one) (call $even (local.get 0)))) (drop) (call $one)",
            "(i32.const 3) (i32.const 4) (if (call $even (local.get 0)) (then (return (call $one)))) (i32.add)",
            "(block (loop (br_if 1 (call $even (local.get 0))) (return (i32.const 8)))) (call $one)",
            "(call_indirect (type $plain) (i32.const 0))",
            "(if (call $even (local.get 0)) (then (br 1 (i32.const 7)))) (unreachable)",
        ] {
            let body =
                body.replace("(block (br_table 0 1 (call $one)", "(block (result i32) (br_table 0 1 (call $one)");
            let text = format!(
                r#"(module (memory 1) (type $plain (func (result i32))) (table funcref (elem $one))
                (func $zero) (func $one (result i32) (call $zero) (i32.const 1))
                (func $even (param i32) (result i32) (call $zero) (i32.eqz (i32.and (local.get 0) (i32.const 1))))
                (func $body (param i32) (result i32) {body})
                (func (export "run") (param i32) (result i32) (local i32)
                    (loop $again
                        (drop (call $body (i32.and (local.get 0) (i32.const 2))))
                        (br_if $again (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 5000))))
                    (call $body (local.get 0))))"#
            );
            for argument in [0, 1] {
                let [plain, limited] = both(&text, argument);
                assert_eq!(plain, limited, "{body}");
            }
        }
    }

    /// The limit comes before the end of the native stack, whatever a frame is made of.
    #[test]
    fn recursion_traps_at_the_limit_and_not_at_the_end_of_the_native_stack() {
        let locals = |count: usize| format!("(local {})", "i64 ".repeat(count));
        let parameters = "i64 ".repeat(100);
        let arguments = "(i64.const 1) ".repeat(100);
        let deep = "(i64.const 1) ".repeat(500);
        let sums = "(i64.add) ".repeat(499);
        let mut depths = BTreeSet::new();
        for (name, functions) in [
            ("small", "(func $f (param i32) (result i32) (call $count) (call $f (local.get 0)))".to_owned()),
            (
                "locals",
                format!("(func $f (param i32) (result i32) {} (call $count) (call $f (local.get 0)))", locals(1000)),
            ),
            (
                "parameters",
                format!(
                    "(func $g (param {parameters}) (call $count) {arguments} (call $g))
                    (func $f (param i32) (result i32) {arguments} (call $g) (i32.const 0))"
                ),
            ),
            (
                "operands",
                format!(
                    "(func $f (param i32) (result i32) (call $count) {deep} (call $f (i32.const 0)) (drop) {sums} (drop) (i32.const 0))"
                ),
            ),
            (
                "indirect",
                "(type $t (func (param i32) (result i32))) (table funcref (elem $f))
                (func $f (param i32) (result i32) (call $count) (call_indirect (type $t) (local.get 0) (i32.const 0)))"
                    .to_owned(),
            ),
            // The last frame of all is the largest that there may be.
            (
                "huge at the end",
                format!(
                    "(func $huge (result i32) {} (i32.const 1))
                    (func $f (param i32) (result i32) (call $count) (if (result i32) (i32.eqz (local.get 0))
                        (then (call $huge)) (else (call $f (i32.sub (local.get 0) (i32.const 1))))))",
                    locals(49_900)
                ),
            ),
        ] {
            let text = format!(
                r#"(module (memory 1) (global $depth (mut i32) (i32.const 0))
                (func $count (global.set $depth (i32.add (global.get $depth) (i32.const 1))))
                {functions} (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
                (func (export "depth") (result i32) (global.get $depth)))"#
            );
            let limited = limit(&wat::parse_str(text).unwrap()).unwrap();
            let engine: Engine = Singlepass::new().into();
            let mut store = Store::new(engine);
            let module = Module::new(&store, limited).unwrap();
            let instance = Instance::new(&mut store, &module, &imports! {}).unwrap();
            let run = instance.exports.get_typed_function::<i32, i32>(&store, "run").unwrap();
            let error = run.call(&mut store, 1_600).unwrap_err();
            assert_eq!(error.message(), "out of bounds memory access", "{name}");
            let depth = instance.exports.get_typed_function::<(), i32>(&store, "depth").unwrap();
            depths.insert((depth.call(&mut store).unwrap(), name));
        }
        // Consensus: what is left of 512 KiB after the frame of `run`, in frames of each kind.
        let expected = [
            (32, "locals"),
            (63, "operands"),
            (151, "parameters"),
            (1_601, "huge at the end"),
            (1_723, "indirect"),
            (1_819, "small"),
        ];
        assert_eq!(depths, BTreeSet::from(expected));
    }
}
