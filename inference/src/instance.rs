//! One use of the guest: an instance, its memory and its counters.

use wasmer::{
    Function, FunctionEnv, FunctionEnvMut, Global, Instance, Memory, RuntimeError, Store, TypedFunction, Value, imports,
};

use crate::engine::Guest;
use crate::error::{Error, Fault, Outcome, code};
use crate::kernel;
use crate::memory::Snapshot;
use crate::profile::{INSTANCE_GAS, MAX_POINTS, POINTS_PER_GAS};

/// What the guest's `height` global holds after it trapped in `memory.grow`.
const MEMORY_LIMIT: i32 = -1;
/// As above, when the engine refused although the limit allows it.
const MEMORY_REFUSED: i32 = -2;
/// Stack that the guest allows itself; beyond it, it traps.
const STACK_LIMIT: i32 = 1 << 20;

/// Which call into the guest, and what its failures are called.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    /// Name of the export.
    pub(crate) export: &'static str,
    /// Code when the guest reports an error.
    pub(crate) failed: u32,
    /// Code when the guest traps.
    pub(crate) trapped: u32,
    /// What was being done, for the text.
    pub(crate) doing: &'static str,
}

/// An instance of the guest.
pub(crate) struct Session {
    store: Store,
    instance: Instance,
    memory: Memory,
    points: Global,
    height: Global,
    /// Points given to the guest.
    granted: u64,
}

impl Session {
    /// An instance with zeroed memory that may use this many points.
    fn new(guest: &Guest, granted: u64) -> Result<Session, Fault> {
        let mut store = Store::new(guest.engine.clone());
        let environment = FunctionEnv::new(&mut store, None);
        let imports = imports! {
            "synergy" => {
                "matmul_f32" => Function::new_typed_with_env(&mut store, &environment, matmul_f32),
                "map_f32" => Function::new_typed_with_env(&mut store, &environment, map_f32),
                "depthwise_f32" => Function::new_typed_with_env(&mut store, &environment, depthwise_f32),
            }
        };
        let instance = Instance::new(&mut store, &guest.module, &imports)
            .map_err(|error| Fault::new("instantiating the guest", error))?;
        let missing = |error| Fault::new("reading the guest's exports", error);
        let memory = instance.exports.get_memory("memory").map_err(missing)?.clone();
        *environment.as_mut(&mut store) = Some(memory.clone());
        let points = instance.exports.get_global("points").map_err(missing)?.clone();
        let height = instance.exports.get_global("height").map_err(missing)?.clone();
        let mut session = Session { store, instance, memory, points, height, granted };
        session.grant(granted)?;
        Ok(session)
    }

    /// Sets the gas counter.
    fn grant(&mut self, points: u64) -> Result<(), Fault> {
        self.granted = points;
        let set = self.points.set(&mut self.store, Value::I64(points as i64));
        set.map_err(|error| Fault::new("setting the gas counter", error))
    }

    /// An instance with the guest's initial memory, its constructors run.
    pub(crate) fn fresh(guest: &Guest, gas_limit: u64) -> Result<Session, Outcome> {
        let mut session = Session::new(guest, points_for(gas_limit, LOAD.doing)?)?;
        for (offset, bytes) in &guest.segments {
            session
                .memory
                .view(&session.store)
                .write(*offset, bytes)
                .map_err(|error| Fault::new("writing the guest's memory", error))?;
        }
        let construct: TypedFunction<(), ()> = session.function("__wasm_call_ctors")?;
        let result = construct.call(&mut session.store);
        result.map_err(|trap| session.trapped(&LOAD, trap))?;
        Ok(session)
    }

    /// An instance whose memory is that of a snapshot: an idle one, or a new one.
    pub(crate) fn restored(
        guest: &Guest,
        snapshot: &Snapshot,
        idle: impl FnOnce() -> Option<Session>,
        gas_limit: u64,
    ) -> Result<Session, Outcome> {
        let points = points_for(gas_limit, RUN.doing)?;
        if let Some(mut session) = idle() {
            session.grant(points)?;
            return Ok(session);
        }
        let mut session = Session::new(guest, points)?;
        let fault = |error: &dyn std::fmt::Display| Fault::new("restoring a model", error);
        session.memory.grow_at_least(&mut session.store, snapshot.len() as u64).map_err(|error| fault(&error))?;
        let view = session.memory.view(&session.store);
        if view.data_size() != snapshot.len() as u64 {
            return Err(fault(&"the image has another size than the memory").into());
        }
        // SAFETY: the memory is wasmer's own anonymous mapping, its first
        // `data_size` bytes are accessible, it is unmapped as a whole when the
        // store goes, and no view of it is in use.
        unsafe { snapshot.map_over(view.data_ptr()) }.map_err(|error| fault(&error))?;
        Ok(session)
    }

    /// Makes an instance that was restored, and has returned normally, as it was
    /// before; `None` if it cannot be. The guest's state is its memory and its stack
    /// pointer (the seal sees to that), and returning restores the latter.
    pub(crate) fn rewound(mut self, snapshot: &Snapshot) -> Option<Session> {
        let balanced = self.height.get(&mut self.store).i32() == Some(0);
        let view = self.memory.view(&self.store);
        let grown = view.data_size() != snapshot.len() as u64;
        // SAFETY: `restored` mapped the snapshot there; no view of it is in use.
        (balanced && !grown && unsafe { snapshot.rewind(view.data_ptr()) }).then_some(self)
    }

    /// What the guest has left; negative if it used more than it was given.
    fn points_left(&mut self) -> i64 {
        self.points.get(&mut self.store).i64().unwrap_or(0)
    }

    /// Gas used so far, at most the limit.
    fn gas(&mut self) -> u64 {
        let left = u64::try_from(self.points_left()).unwrap_or(0);
        INSTANCE_GAS.saturating_add(self.granted.saturating_sub(left).div_ceil(POINTS_PER_GAS))
    }

    fn function<A: wasmer::WasmTypeList, R: wasmer::WasmTypeList>(
        &self,
        name: &str,
    ) -> Result<TypedFunction<A, R>, Fault> {
        self.instance
            .exports
            .get_typed_function(&self.store, name)
            .map_err(|error| Fault::new("reading the guest's exports", error))
    }

    /// Makes a call and returns the reply and the gas used since the session began.
    pub(crate) fn call(&mut self, call: &Call, request: &[u8]) -> Result<(Vec<u8>, u64), Outcome> {
        let length = i32::try_from(request.len()).map_err(|error| Fault::new("a request is too large", error))?;
        let alloc: TypedFunction<i32, i32> = self.function("alloc")?;
        let function: TypedFunction<(i32, i32), i32> = self.function(call.export)?;
        let pointer = match alloc.call(&mut self.store, length) {
            Ok(pointer) => pointer,
            Err(trap) => return Err(self.trapped(call, trap)),
        };
        let view = self.memory.view(&self.store);
        if view.write(u64::from(pointer as u32), request).is_err() {
            let message = "the runtime lost its memory".to_owned();
            return Err(Error { code: call.trapped, message, gas_used: self.gas() }.into());
        }
        let status = match function.call(&mut self.store, pointer, length) {
            Ok(status) => status,
            Err(trap) => return Err(self.trapped(call, trap)),
        };
        let gas_used = self.gas();
        // The guest looks at its counter at loop heads and calls only.
        if self.points_left() < 0 {
            return Err(Error { gas_used, ..out_of_gas(call.doing) }.into());
        }
        let reply = self.reply();
        match (status, reply) {
            (0, Some(reply)) => Ok((reply, gas_used)),
            (_, reply) => {
                let text = text(reply);
                let message = format!("the runtime refused {}: {text}{}", call.doing, self.place());
                Err(Error { code: call.failed, message, gas_used }.into())
            }
        }
    }

    /// The last reply. Reading it is not metered: its length was paid for when
    /// the guest wrote it.
    fn reply(&mut self) -> Option<Vec<u8>> {
        self.points.set(&mut self.store, Value::I64(MAX_POINTS as i64)).ok()?;
        let pointer: TypedFunction<(), i32> = self.function("reply_ptr").ok()?;
        let length: TypedFunction<(), i32> = self.function("reply_len").ok()?;
        let pointer = pointer.call(&mut self.store).ok()? as u32;
        let length = length.call(&mut self.store).ok()? as u32;
        let view = self.memory.view(&self.store);
        let end = u64::from(pointer).checked_add(length.into())?;
        if end > view.data_size() {
            return None;
        }
        let mut reply = vec![0; length as usize];
        view.read(pointer.into(), &mut reply).ok()?;
        Some(reply)
    }

    /// The node that the guest was busy with, for the text of an error.
    fn place(&mut self) -> String {
        // What a call that trapped left of its stack and gas does not count here.
        let told = self.height.set(&mut self.store, Value::I32(0)).is_ok()
            && self.points.set(&mut self.store, Value::I64(MAX_POINTS as i64)).is_ok()
            && self.function::<(), ()>("reply_place").is_ok_and(|function| function.call(&mut self.store).is_ok());
        let place = if told { text(self.reply()) } else { String::new() };
        if place.is_empty() { place } else { format!(", at node {place}") }
    }

    /// Tells why the guest trapped, from its own counters. They do not depend on
    /// the engine; a trap that only an engine can raise is a fault.
    fn trapped(&mut self, call: &Call, trap: RuntimeError) -> Outcome {
        use wasmer::sys::vm::TrapCode;
        let gas_used = self.gas();
        let fail = |code, message| Outcome::Error(Error { code, message, gas_used });
        if self.points_left() < 0 {
            let Error { code, message, .. } = out_of_gas(call.doing);
            return fail(code, message + &self.place());
        }
        match self.height.get(&mut self.store).i32().unwrap_or(0) {
            MEMORY_LIMIT => {
                let message = format!("{} needs more memory than the limit; use a smaller model or input", call.doing);
                return fail(code::OUT_OF_MEMORY, message + &self.place());
            }
            MEMORY_REFUSED => return Fault::new("growing the guest's memory", trap.message()).into(),
            height if height > STACK_LIMIT => {
                let message = format!("{} nests too deeply; simplify the model", call.doing);
                return fail(code::STACK, message + &self.place());
            }
            _ => {}
        }
        let message = trap.message();
        match trap.to_trap() {
            None | Some(TrapCode::StackOverflow | TrapCode::HostInterrupt) => {
                Fault::new("running the guest", message).into()
            }
            Some(_) => {
                let text = text(self.reply());
                let message = format!("the runtime gave up in {} ({message}): {text}{}", call.doing, self.place());
                fail(call.trapped, message)
            }
        }
    }

    /// The memory as it is.
    pub(crate) fn snapshot(&mut self) -> Result<Snapshot, Fault> {
        let view = self.memory.view(&self.store);
        // SAFETY: no guest code runs while this session is borrowed.
        Snapshot::of(unsafe { view.data_unchecked() }).map_err(|error| Fault::new("keeping a model image", error))
    }
}

/// What a kernel gets: the memory, once there is one.
type Kernel<'a> = FunctionEnvMut<'a, Option<Memory>>;

/// Calls a kernel with the start and the length of the guest's memory.
fn on_memory(mut environment: Kernel<'_>, kernel: impl FnOnce(*mut u8, usize) -> i32) -> i32 {
    let (memory, store) = environment.data_and_store_mut();
    let Some(memory) = memory else { return kernel::REFUSED };
    let view = memory.view(&store);
    kernel(view.data_ptr(), view.data_size() as usize)
}

// The guest's imports, which it has paid for before.
//
// SAFETY of all three: these are the bytes of the memory of the one thread that
// runs this guest, and it waits for the answer.

#[allow(clippy::too_many_arguments, reason = "as the guest passes them")]
fn matmul_f32(
    environment: Kernel<'_>,
    m: u32,
    n: u32,
    k: u32,
    a: u32,
    a_rows: u32,
    a_panel: u32,
    b: u32,
    b_panel: u32,
    c: u32,
    c_row: i32,
    c_column: i32,
    steps: u32,
    step_count: u32,
) -> i32 {
    let call = kernel::Call { m, n, k, a, a_rows, a_panel, b, b_panel, c, c_row, c_column, steps, step_count };
    on_memory(environment, |memory, size| unsafe { kernel::matmul(memory, size, &call) })
}

fn map_f32(environment: Kernel<'_>, x: u32, len: u32, function: u32, value: u32) -> i32 {
    on_memory(environment, |memory, size| unsafe { kernel::map(memory, size, x, len, function, value) })
}

#[allow(clippy::too_many_arguments, reason = "as the guest passes them")]
fn depthwise_f32(
    environment: Kernel<'_>,
    input: u32,
    output: u32,
    taps: u32,
    offsets: u32,
    count: u32,
    bias: f32,
    len: u32,
    stride: u32,
) -> i32 {
    let call = kernel::Depthwise { input, output, taps, offsets, count, bias: bias.to_bits(), len, stride };
    on_memory(environment, |memory, size| unsafe { kernel::depthwise(memory, size, &call) })
}

/// Compiles a model.
pub(crate) const LOAD: Call =
    Call { export: "load", failed: code::LOAD, trapped: code::LOAD_TRAP, doing: "loading the model" };

/// Runs a loaded model.
pub(crate) const RUN: Call =
    Call { export: "run", failed: code::RUN, trapped: code::RUN_TRAP, doing: "running the model" };

/// The points that `gas_limit` buys after [`INSTANCE_GAS`].
fn points_for(gas_limit: u64, doing: &str) -> Result<u64, Error> {
    let gas = gas_limit.checked_sub(INSTANCE_GAS).ok_or_else(|| Error { gas_used: gas_limit, ..out_of_gas(doing) })?;
    Ok(gas.saturating_mul(POINTS_PER_GAS).min(MAX_POINTS))
}

fn out_of_gas(doing: &str) -> Error {
    Error::new(code::OUT_OF_GAS, format!("out of gas in {doing}; raise the gas limit"))
}

/// A reply as text, shortened.
fn text(reply: Option<Vec<u8>>) -> String {
    let text = reply.map_or_else(String::new, |reply| String::from_utf8_lossy(&reply).into_owned());
    text.chars().filter(|letter| !letter.is_control()).take(512).collect()
}
