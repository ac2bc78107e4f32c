//! The inference guest: tract behind a few exported functions.
//!
//! The host writes a request into memory from [`alloc`], calls [`load`] once,
//! takes a snapshot of the memory, and calls [`run`] on copies of it. Replies
//! and error texts lie where [`reply_ptr`] and [`reply_len`] say. A panic
//! leaves its text there and traps.
//!
//! Integers of the wire format are little-endian; `text` is a `u32` length and
//! UTF-8 bytes.
//!
//! ```text
//! load request: u32 inputs, each { u32 dtype, u32 rank, u64 dims… }, then the ONNX file
//! load reply:   u32 outputs, each { u32 dtype, u32 rank, u64 dims… }
//! run request:  per input the raw elements, in order of the model's inputs
//! run reply:    u32 outputs, each { u32 dtype, u32 rank, u64 dims…, u64 length, bytes }
//! ```

mod check;
mod extract;
mod matmul;
mod place;
mod quantize;
mod rows;
mod typed;
mod wire;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use tract_onnx::pb;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::plan::eval;
use tract_onnx::tract_hir::internal::{TractErrorContext, TractResult, bail, ensure};

use wire::{Reader, Writer};

/// Status of a call: the reply holds the answer.
const OK: u32 = 0;
/// Status of a call: the reply holds an error text.
const FAILED: u32 = 1;

type Plan = Arc<TypedRunnableModel>;

#[derive(Default)]
struct Guest {
    plan: Option<Plan>,
    reply: Vec<u8>,
}

thread_local! {
    static GUEST: RefCell<Guest> = RefCell::new(Guest::default());
}

/// Reserves `len` bytes for a request; the call that follows takes them over.
#[unsafe(no_mangle)]
pub extern "C" fn alloc(len: usize) -> *mut u8 {
    let mut buffer = Vec::<u8>::with_capacity(len);
    let pointer = buffer.as_mut_ptr();
    std::mem::forget(buffer);
    pointer
}

/// Compiles the model of a load request and keeps it.
///
/// # Safety
/// `request` and `len` must be those of the last [`alloc`], filled by the host.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn load(request: *mut u8, len: usize) -> u32 {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.to_string().into_bytes();
        GUEST.with(|guest| {
            if let Ok(mut guest) = guest.try_borrow_mut() {
                guest.reply = text;
            }
        });
    }));
    let request = unsafe { Vec::from_raw_parts(request, len, len) };
    assert!(matmul::is_registered() && rows::is_registered());
    finish(compile(&request))
}

/// Runs the loaded model on the tensors of a run request.
///
/// # Safety
/// As for [`load`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn run(request: *mut u8, len: usize) -> u32 {
    let request = unsafe { Vec::from_raw_parts(request, len, len) };
    finish(infer(&request))
}

/// Where the reply of the last call lies.
#[unsafe(no_mangle)]
pub extern "C" fn reply_ptr() -> *const u8 {
    GUEST.with_borrow(|guest| guest.reply.as_ptr())
}

/// The length of the last call's reply, in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn reply_len() -> usize {
    GUEST.with_borrow(|guest| guest.reply.len())
}

/// Makes the reply the text of the node that a failed call was busy with.
#[unsafe(no_mangle)]
pub extern "C" fn reply_place() {
    GUEST.with_borrow_mut(|guest| guest.reply = place::text(guest.plan.as_deref()).into_bytes());
}

fn finish(result: TractResult<Vec<u8>>) -> u32 {
    let (status, reply) = match result {
        Ok(reply) => (OK, reply),
        Err(error) => (FAILED, format!("{error:#}").into_bytes()),
    };
    GUEST.with_borrow_mut(|guest| guest.reply = reply);
    status
}

fn compile(request: &[u8]) -> TractResult<Vec<u8>> {
    let mut reader = Reader::new(request);
    let types = (0..reader.u32()?)
        .map(|_| Ok(tensor_type(i32::try_from(reader.u32()?)?, reader.dims()?)))
        .collect::<TractResult<Vec<_>>>()?;
    let onnx = typed::front_end();
    let mut proto = onnx.proto_model_for_read(&mut reader.rest())?;
    declare_inputs(proto.graph.as_mut().context("the file holds no graph")?, types)?;
    let model = typed::typed(&onnx, &proto)?.into_optimized()?;
    drop(proto);
    let mut reply = Writer::default();
    reply.u32(u32::try_from(model.output_outlets()?.len())?);
    for outlet in model.output_outlets()? {
        let fact = model.outlet_fact(*outlet)?;
        let shape = fact.shape.as_concrete().context("an output's shape depends on data")?;
        reply.u32(dtype_code(fact.datum_type)?);
        reply.dims(shape)?;
    }
    let plan = model.into_runnable()?;
    GUEST.with_borrow_mut(|guest| guest.plan = Some(plan));
    Ok(reply.bytes)
}

/// Replaces the declared types of the graph's inputs, initialisers apart.
fn declare_inputs(graph: &mut pb::GraphProto, types: Vec<pb::TypeProto>) -> TractResult<()> {
    let initialised: BTreeSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    let mut types = types.into_iter();
    for input in &mut graph.input {
        if !initialised.contains(input.name.as_str()) {
            input.r#type = Some(types.next().context("the request declares too few inputs")?);
        }
    }
    ensure!(types.next().is_none(), "the request declares too many inputs");
    Ok(())
}

fn tensor_type(elem_type: i32, dims: TVec<usize>) -> pb::TypeProto {
    let dim = dims
        .into_iter()
        .map(|dim| Dimension { denotation: String::new(), value: Some(dimension::Value::DimValue(dim as i64)) })
        .collect();
    let tensor = pb::type_proto::Tensor { elem_type, shape: Some(pb::TensorShapeProto { dim }) };
    pb::TypeProto { denotation: String::new(), value: Some(pb::type_proto::Value::TensorType(tensor)) }
}

fn infer(request: &[u8]) -> TractResult<Vec<u8>> {
    let plan = GUEST.with_borrow(|guest| guest.plan.clone());
    let plan = plan.context("no model is loaded")?;
    let mut reader = Reader::new(request);
    let mut inputs = tvec!();
    for outlet in plan.model().input_outlets()? {
        let fact = plan.model().outlet_fact(*outlet)?;
        let shape = fact.shape.as_concrete().context("an input has no fixed shape")?;
        let elements = shape.iter().product::<usize>();
        let bytes = reader.take(elements * fact.datum_type.size_of())?;
        inputs.push(unsafe { Tensor::from_raw_dt(fact.datum_type, shape, bytes)? }.into_tvalue());
    }
    ensure!(reader.rest().is_empty(), "the request holds more than the inputs");
    let outputs = plan.spawn()?.run_plan_with_eval(inputs, |context, state, node, inputs| {
        place::step(node.id);
        eval(context, state, node, inputs)
    })?;
    let mut reply = Writer::default();
    reply.u32(u32::try_from(outputs.len())?);
    for output in outputs {
        // Shape-typed elements are pointers to symbolic expressions.
        let tensor = if output.datum_type() == TDim::datum_type() {
            output.cast_to::<i64>()?.into_owned()
        } else {
            (*output).clone()
        };
        reply.u32(dtype_code(tensor.datum_type())?);
        reply.dims(tensor.shape())?;
        reply.blob(tensor.as_bytes());
    }
    Ok(reply.bytes)
}

/// The ONNX number of an element type; quantised ones are their raw integers.
fn dtype_code(datum_type: DatumType) -> TractResult<u32> {
    Ok(match datum_type.unquantized() {
        DatumType::F32 => 1,
        DatumType::U8 => 2,
        DatumType::I8 => 3,
        DatumType::U16 => 4,
        DatumType::I16 => 5,
        DatumType::I32 => 6,
        DatumType::I64 | DatumType::TDim => 7,
        DatumType::Bool => 9,
        DatumType::F16 => 10,
        DatumType::F64 => 11,
        DatumType::U32 => 12,
        DatumType::U64 => 13,
        other => bail!("outputs of type {other:?} are not supported"),
    })
}
