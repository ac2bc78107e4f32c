//! The limit of a contract's call stack.
//!
//! How deep calls fit into the native stack depends on the compiler's registers and so
//! on the family of the CPU; where a contract runs out of it would be another place,
//! and another gas, on every one. So the machine code is made of a rewritten module
//! that keeps account of its own stack, in units that are an upper bound of the bytes
//! of any CPU, and traps long before the native stack ends.

use anyhow::{Context, Result, anyhow, ensure};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, Function, GlobalSection, GlobalType, Instruction, MemArg, Module,
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
            Payload::FunctionSection(reader) => self.functions = reader.clone().into_iter().collect::<Result<_, _>>()?,
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
                let data = self.wasm.get(range).context("a section outside of the module")?;
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
            let whole = self.wasm.get(body.range()).context("a body outside of the module")?;
            self.code.raw(whole);
        }
        Ok(())
    }
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
        Instruction::I32Load8U(MemArg { offset: 0, align: 0, memory_index: 0 }),
        Instruction::Drop,
    ] {
        out.instruction(&instruction);
    }
}

fn leave(out: &mut Function, frame: i32, left: u32) {
    for instruction in [
        Instruction::GlobalGet(left),
        Instruction::I32Const(frame),
        Instruction::I32Add,
        Instruction::GlobalSet(left),
    ] {
        out.instruction(&instruction);
    }
}
