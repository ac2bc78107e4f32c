//! Rewriting of one function body: metering and the stack limiter.

use anyhow::{Result, anyhow};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Function, Instruction, ValType};
use wasmparser::{FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator, ValidatorResources};

use crate::kernel::Kernel;
use crate::points::points;

/// The stack a guest may use, in units of [`frame`]. Engines give wasm far more.
pub(crate) const STACK_LIMIT: i32 = 1 << 20;

/// Indices of what the seal adds to the module.
#[derive(Clone, Copy)]
pub(crate) struct Added {
    /// Global: points left; negative once they are exhausted.
    pub(crate) points: u32,
    /// Global: height of the call stack, in units of [`frame`].
    pub(crate) height: u32,
    /// Function: `memory.grow` that pays for its pages.
    pub(crate) grow: u32,
    /// How many kernels the guest imports: functions 0 and up.
    pub(crate) kernels: u32,
}

/// Upper bound, in bytes, of what a function's values need on an engine's
/// stack: each local and operand may be a spilled vector.
fn frame(locals: usize, operands: usize) -> i32 {
    i32::try_from(128 + 16 * (locals + operands)).unwrap_or(STACK_LIMIT)
}

/// What the first pass over a body finds.
struct Survey<'a> {
    operators: Vec<Operator<'a>>,
    frame: i32,
    calls: bool,
}

/// Rewrites a body so that it subtracts its points before each straight
/// stretch of operators, traps at a loop head or function entry when they have
/// run out, and, if it calls, traps at entry when the stack is too high.
pub(crate) fn rewrite(
    body: &FunctionBody<'_>,
    function: FuncToValidate<ValidatorResources>,
    parameters: usize,
    result: Option<ValType>,
    added: Added,
) -> Result<Function> {
    let survey = survey(body, function, parameters)?;
    let locals = body
        .get_locals_reader()?
        .into_iter()
        .map(|group| {
            let (count, kind) = group?;
            Ok((count, RoundtripReencoder.val_type(kind).map_err(|error| anyhow!("{error}"))?))
        })
        .collect::<Result<Vec<_>>>()?;
    let mut writer = Writer { out: Function::new(locals), added };
    if survey.calls {
        writer.enter(survey.frame, result);
    }
    writer.operators(&survey)?;
    Ok(writer.out)
}

fn survey<'a>(
    body: &FunctionBody<'a>,
    function: FuncToValidate<ValidatorResources>,
    parameters: usize,
) -> Result<Survey<'a>> {
    let mut validator = function.into_validator(FuncValidatorAllocations::default());
    let mut locals = parameters;
    let mut reader = body.get_locals_reader()?;
    for _ in 0..reader.get_count() {
        let offset = reader.original_position();
        let (count, kind) = reader.read()?;
        validator.define_locals(offset, count, kind)?;
        locals += count as usize;
    }
    let mut operators = Vec::new();
    let mut operands = 0;
    let mut calls = false;
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset()?;
        validator.op(offset, &operator)?;
        operands = operands.max(validator.operand_stack_height() as usize);
        calls |=
            matches!(operator, Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::MemoryGrow { .. });
        operators.push(operator);
    }
    Ok(Survey { operators, frame: frame(locals, operands), calls })
}

/// Whether control can leave or enter the stretch at this operator.
fn ends_stretch(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Loop { .. }
            | O::If { .. }
            | O::Else
            | O::End
            | O::Br { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::Return
            | O::Call { .. }
            | O::CallIndirect { .. }
            | O::Unreachable
    )
}

struct Writer {
    out: Function,
    added: Added,
}

impl Writer {
    fn emit(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            self.out.instruction(instruction);
        }
    }

    fn charge(&mut self, cost: i64) {
        if cost == 0 {
            return;
        }
        let points = self.added.points;
        self.emit(&[
            Instruction::GlobalGet(points),
            Instruction::I64Const(cost),
            Instruction::I64Sub,
            Instruction::GlobalSet(points),
        ]);
    }

    fn check_points(&mut self) {
        self.emit(&[Instruction::GlobalGet(self.added.points), Instruction::I64Const(0), Instruction::I64LtS]);
        self.unreachable_if();
    }

    /// Traps if the operand on top is not zero.
    fn unreachable_if(&mut self) {
        self.emit(&[Instruction::If(BlockType::Empty), Instruction::Unreachable, Instruction::End]);
    }

    /// Traps if the operand on top is not zero, leaving `mark` as the reason.
    fn trap_if(&mut self, mark: i32) {
        self.emit(&[
            Instruction::If(BlockType::Empty),
            Instruction::I32Const(mark),
            Instruction::GlobalSet(self.added.height),
            Instruction::Unreachable,
            Instruction::End,
        ]);
    }

    /// Adds the frame to the height, checks it, and opens the block that every
    /// way out of the body leaves through.
    fn enter(&mut self, frame: i32, result: Option<ValType>) {
        let height = self.added.height;
        self.emit(&[
            Instruction::GlobalGet(height),
            Instruction::I32Const(frame),
            Instruction::I32Add,
            Instruction::GlobalSet(height),
            Instruction::GlobalGet(height),
            Instruction::I32Const(STACK_LIMIT),
            Instruction::I32GtU,
            Instruction::If(BlockType::Empty),
            Instruction::Unreachable,
            Instruction::End,
            Instruction::Block(result.map_or(BlockType::Empty, BlockType::Result)),
        ]);
    }

    fn leave(&mut self, frame: i32) {
        let height = self.added.height;
        self.emit(&[
            Instruction::GlobalGet(height),
            Instruction::I32Const(frame),
            Instruction::I32Sub,
            Instruction::GlobalSet(height),
        ]);
    }

    fn operators(&mut self, survey: &Survey<'_>) -> Result<()> {
        let mut depth = 0u32;
        // Every cycle passes a loop head or a function that calls.
        let mut check = survey.calls;
        let mut rest = survey.operators.as_slice();
        while !rest.is_empty() {
            let stretch = match rest.iter().position(ends_stretch) {
                Some(last) => &rest[..=last],
                None => rest,
            };
            rest = &rest[stretch.len()..];
            self.charge(stretch.iter().map(points).sum());
            if check {
                self.check_points();
            }
            check = matches!(stretch.last(), Some(Operator::Loop { .. }));
            for operator in stretch {
                match operator {
                    Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
                    Operator::End if depth == 0 && survey.calls => {
                        self.out.instruction(&Instruction::End);
                        self.leave(survey.frame);
                    }
                    Operator::End if depth == 0 => {}
                    Operator::End => depth -= 1,
                    _ => {}
                }
                self.operator(operator, depth, survey.calls)?;
            }
        }
        Ok(())
    }

    fn operator(&mut self, operator: &Operator<'_>, depth: u32, wrapped: bool) -> Result<()> {
        let instruction = match operator {
            Operator::Return if wrapped => Instruction::Br(depth),
            Operator::MemoryGrow { .. } => Instruction::Call(self.added.grow),
            Operator::Call { function_index } if *function_index < self.added.kernels => {
                Instruction::Call(self.added.grow + 1 + function_index)
            }
            other => RoundtripReencoder.instruction(other.clone()).map_err(|error| anyhow!("{error}"))?,
        };
        self.out.instruction(&instruction);
        Ok(())
    }
}

/// The body of the added function that charges for a call of imported function
/// `index`, makes it, and traps if the host refuses it.
pub(crate) fn kernel(added: Added, kernel: Kernel, index: u32) -> Function {
    let mut writer = Writer { out: Function::new([]), added };
    for bound in kernel.bounds() {
        writer.emit(&bound);
        writer.unreachable_if();
    }
    writer.emit(&[Instruction::GlobalGet(added.points)]);
    writer.emit(&kernel.price());
    writer.emit(&[Instruction::I64Sub, Instruction::GlobalSet(added.points)]);
    writer.check_points();
    for parameter in 0..kernel.parameters() {
        writer.out.instruction(&Instruction::LocalGet(parameter));
    }
    writer.out.instruction(&Instruction::Call(index));
    writer.unreachable_if();
    writer.emit(&[Instruction::I32Const(0), Instruction::End]);
    writer.out
}

/// What `height` holds after a trap because the memory's maximum was reached.
const MEMORY_LIMIT: i32 = -1;
/// As above, because the engine had no memory although the maximum allows it.
/// Only that trap depends on the machine.
const MEMORY_REFUSED: i32 = -2;

/// The body of the added function that charges for pages and then grows. It
/// traps where `memory.grow` would return −1, so that a guest cannot go on
/// differently on a machine that is short of memory.
pub(crate) fn grow(added: Added, page: i64, maximum: u64) -> Result<Function> {
    let mut writer = Writer { out: Function::new([(1, ValType::I32)]), added };
    writer.emit(&[
        Instruction::GlobalGet(added.points),
        Instruction::LocalGet(0),
        Instruction::I64ExtendI32U,
        Instruction::I64Const(page),
        Instruction::I64Mul,
        Instruction::I64Sub,
        Instruction::GlobalSet(added.points),
    ]);
    writer.check_points();
    writer.emit(&[
        Instruction::MemorySize(0),
        Instruction::I64ExtendI32U,
        Instruction::LocalGet(0),
        Instruction::I64ExtendI32U,
        Instruction::I64Add,
        Instruction::I64Const(i64::try_from(maximum)?),
        Instruction::I64GtU,
    ]);
    writer.trap_if(MEMORY_LIMIT);
    writer.emit(&[
        Instruction::LocalGet(0),
        Instruction::MemoryGrow(0),
        Instruction::LocalTee(1),
        Instruction::I32Const(-1),
        Instruction::I32Eq,
    ]);
    writer.trap_if(MEMORY_REFUSED);
    writer.emit(&[Instruction::LocalGet(1), Instruction::End]);
    Ok(writer.out)
}
