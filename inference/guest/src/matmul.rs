//! Float matrix products by the host's exact kernel.
//!
//! tract collects its kernels with `inventory`; the two here have a tier above
//! its own, so it packs operands for them and calls them for every product of
//! floats. One call to the host covers many tiles, element-wise operations and
//! the store included. See `inference/src/kernel/` for the definition.

use std::alloc::Layout;
use std::borrow::Cow;
use std::cell::RefCell;

use tract_linalg::isa::{Arch, IsaReq, IsaSet};
use tract_linalg::mmm::{
    AsInputValue, DynKernel, EagerPackedInput, FusedKerSpec, FusedSpec, MMMInputFormat, MMMInputValue, MatMatMul,
    OutputStoreKer, OutputStoreSpec, Query, ScratchSpace, Suitable,
};
use tract_linalg::mmm_routines::MmmRoutine;
use tract_linalg::mmm_tiers::MmmTier;
use tract_linalg::pack::PackedFormat;
use tract_linalg::{BinOp, Scaler};
use tract_onnx::prelude::DatumType;
use tract_onnx::tract_core::internal::{TractErrorContext, TractResult, bail, ensure};

/// Rows of a panel whose elements the host broadcasts.
const ROWS: usize = 12;
/// Columns of a panel that the host holds in vectors.
const LANES: usize = 16;
/// Panels that are gathered for one call, where the operand is not packed as a whole.
const GATHERED: usize = 4;
/// Cache line, to which panels are aligned.
const ALIGN: usize = 64;

#[link(wasm_import_module = "synergy")]
unsafe extern "C" {
    /// See `Call` in `inference/src/kernel/mod.rs`. Traps if it is refused.
    fn matmul_f32(
        m: usize,
        n: usize,
        k: usize,
        a: *const u8,
        a_rows: usize,
        a_panel: usize,
        b: *const u8,
        b_panel: usize,
        c: *mut u8,
        c_row: isize,
        c_column: isize,
        steps: *const Step,
        step_count: usize,
    ) -> i32;
}

/// An element-wise operation, as the host reads it.
#[repr(C)]
#[derive(Clone, Copy)]
struct Step {
    kind: u32,
    value: u32,
    row: i32,
    column: i32,
}

impl Step {
    fn scalar(operation: BinOp, value: f32) -> Step {
        Step { kind: number(operation), value: value.to_bits(), row: 0, column: 0 }
    }

    fn matrix(operation: BinOp, base: *const u8, row: isize, column: isize) -> Step {
        Step { kind: number(operation) + 8, value: base as u32, row: row as i32, column: column as i32 }
    }

    /// The same for the transposed product.
    fn transposed(self) -> Step {
        Step { row: self.column, column: self.row, ..self }
    }
}

pub(crate) fn number(operation: BinOp) -> u32 {
    match operation {
        BinOp::Min => 0,
        BinOp::Max => 1,
        BinOp::Add => 2,
        BinOp::Mul => 3,
        BinOp::Sub => 4,
        BinOp::SubF => 5,
    }
}

/// What tract asks for besides the product.
#[derive(Default)]
struct Plan {
    steps: Vec<Step>,
    store: Option<OutputStoreKer>,
    unknown: bool,
}

thread_local! {
    static PLAN: RefCell<Plan> = RefCell::default();
}

/// A kernel of one element that notes what it is asked to do: only tract's own
/// driver can tell where operands and result lie.
unsafe fn note(specs: &[FusedKerSpec<f32>]) -> isize {
    use FusedKerSpec as Spec;
    let mut plan = Plan::default();
    for spec in specs {
        let step = match *spec {
            Spec::Clear | Spec::Done => continue,
            Spec::Store(store) => {
                plan.store = Some(store);
                continue;
            }
            Spec::ScalarMin(value) => Step::scalar(BinOp::Min, value),
            Spec::ScalarMax(value) => Step::scalar(BinOp::Max, value),
            Spec::ScalarAdd(value) => Step::scalar(BinOp::Add, value),
            Spec::ScalarMul(value) => Step::scalar(BinOp::Mul, value),
            Spec::ScalarSub(value) => Step::scalar(BinOp::Sub, value),
            Spec::ScalarSubF(value) => Step::scalar(BinOp::SubF, value),
            Spec::PerRowMin(base) => Step::matrix(BinOp::Min, base.cast(), 4, 0),
            Spec::PerRowMax(base) => Step::matrix(BinOp::Max, base.cast(), 4, 0),
            Spec::PerRowAdd(base) => Step::matrix(BinOp::Add, base.cast(), 4, 0),
            Spec::PerRowMul(base) => Step::matrix(BinOp::Mul, base.cast(), 4, 0),
            Spec::PerRowSub(base) => Step::matrix(BinOp::Sub, base.cast(), 4, 0),
            Spec::PerRowSubF(base) => Step::matrix(BinOp::SubF, base.cast(), 4, 0),
            Spec::PerColMin(base) => Step::matrix(BinOp::Min, base.cast(), 0, 4),
            Spec::PerColMax(base) => Step::matrix(BinOp::Max, base.cast(), 0, 4),
            Spec::PerColAdd(base) => Step::matrix(BinOp::Add, base.cast(), 0, 4),
            Spec::PerColMul(base) => Step::matrix(BinOp::Mul, base.cast(), 0, 4),
            Spec::PerColSub(base) => Step::matrix(BinOp::Sub, base.cast(), 0, 4),
            Spec::PerColSubF(base) => Step::matrix(BinOp::SubF, base.cast(), 0, 4),
            Spec::AddUnicast(tile) => Step::matrix(BinOp::Add, tile.ptr, tile.row_byte_stride, tile.col_byte_stride),
            Spec::QScale(shift, policy, factor) => {
                Step::scalar(BinOp::Mul, Scaler::from_fuse_params(shift, policy, factor).scale)
            }
            _ => {
                plan.unknown = true;
                continue;
            }
        };
        plan.steps.push(step);
    }
    PLAN.set(plan);
    0
}

/// A product with the left operand in panels of `mr` rows and the right one in
/// panels of `nr` columns.
#[derive(Clone, Debug)]
struct HostProduct {
    name: &'static str,
    mr: usize,
    nr: usize,
    packings: Vec<(Box<dyn MMMInputFormat>, Box<dyn MMMInputFormat>)>,
    note: DynKernel<1, 1, f32>,
}

impl HostProduct {
    fn new(name: &'static str, mr: usize, nr: usize) -> HostProduct {
        let pack = |width| PackedFormat::new(DatumType::F32, width, ALIGN).with_end_padding_record(0);
        let note = DynKernel::new(name, note, pack(1), pack(1));
        HostProduct { name, mr, nr, packings: vec![(Box::new(pack(mr)), Box::new(pack(nr)))], note }
    }

    /// For products of matrices: rows are broadcast, columns are lanes.
    fn matrices() -> HostProduct {
        HostProduct::new("host_f32_12x16", ROWS, LANES)
    }

    /// For products with a vector: its elements are broadcast, rows are lanes.
    fn vector() -> HostProduct {
        HostProduct::new("host_f32_16x1", LANES, 1)
    }
}

/// Panels in memory, the first at `base`, each `stride` bytes after the last.
struct Panels {
    base: *const u8,
    stride: usize,
}

/// Memory for panels that are gathered from an operand in another form.
#[derive(Default)]
struct Gathered {
    bytes: Vec<u128>,
}

impl Gathered {
    /// Panels `first` to `first + count` of an operand.
    unsafe fn panels(&mut self, value: &dyn MMMInputValue, first: usize, count: usize) -> TractResult<Panels> {
        if let Some(packed) = value.downcast_ref::<EagerPackedInput>() {
            return Ok(Panels { base: packed.panel_bytes(first, None)?, stride: packed.panel_bytes });
        }
        let layout = value.scratch_panel_buffer_layout().context("an operand in an unknown form")?;
        let stride = layout.pad_to_align().size();
        let line = Layout::from_size_align(stride, ALIGN)?.pad_to_align().size();
        self.bytes.resize((line * count + ALIGN).div_ceil(16), 0);
        let start = self.bytes.as_mut_ptr().cast::<u8>();
        let start = unsafe { start.add(start.align_offset(ALIGN)) };
        for index in 0..count {
            let panel = unsafe { start.add(line * index) };
            let found = value.panel_bytes(first + index, Some(panel))?;
            ensure!(std::ptr::eq(found, panel), "an operand's panel lies elsewhere");
        }
        Ok(Panels { base: start, stride: line })
    }
}

fn is_packed(value: &dyn MMMInputValue) -> bool {
    value.downcast_ref::<EagerPackedInput>().is_some()
}

impl MatMatMul for HostProduct {
    fn name(&self) -> &str {
        self.name
    }

    fn mr(&self) -> usize {
        self.mr
    }

    fn nr(&self) -> usize {
        self.nr
    }

    fn arch(&self) -> Option<Arch> {
        // A kernel without one counts as generic, and a tier's answer for it is dropped.
        Some(Arch::Wasm32Simd128)
    }

    fn emulated(&self) -> bool {
        false
    }

    fn boost(&self) -> isize {
        0
    }

    fn preference(&self) -> isize {
        isize::from(i16::MAX)
    }

    fn runnable_on(&self, isa: &IsaSet) -> bool {
        isa.arch() == self.arch()
    }

    fn runnable(&self) -> bool {
        true
    }

    fn built(&self) -> bool {
        true
    }

    fn isa(&self) -> IsaReq {
        IsaReq::ANY
    }

    fn packings(&self) -> &[(Box<dyn MMMInputFormat>, Box<dyn MMMInputFormat>)] {
        &self.packings
    }

    fn internal_type(&self) -> DatumType {
        DatumType::F32
    }

    unsafe fn c_view(&self, m_axis: Option<usize>, n_axis: Option<usize>) -> OutputStoreSpec {
        OutputStoreSpec::View { m_axis, n_axis, mr: self.mr, nr: self.nr }
    }

    unsafe fn c_from_data_and_strides(&self, item_size: usize, row: isize, column: isize) -> OutputStoreSpec {
        let item_size = item_size as isize;
        OutputStoreSpec::Strides {
            row_byte_stride: row * item_size,
            col_byte_stride: column * item_size,
            mr: self.mr,
            nr: self.nr,
        }
    }

    fn can_fuse(&self, spec: &FusedSpec) -> bool {
        matches!(
            spec,
            FusedSpec::BinScalar(..)
                | FusedSpec::BinPerRow(..)
                | FusedSpec::BinPerCol(..)
                | FusedSpec::AddUnicast(_)
                | FusedSpec::Store(_)
                | FusedSpec::AddMatMul { .. }
        )
    }

    fn stores(&self) -> Cow<'_, [DatumType]> {
        Cow::Borrowed(&[DatumType::F32])
    }

    unsafe fn allocate_scratch_space(&self) -> Box<dyn ScratchSpace> {
        unsafe { self.note.allocate_scratch_space() }
    }

    unsafe fn can_use_scratch_space(&self, scratch: &dyn ScratchSpace) -> bool {
        unsafe { self.note.can_use_scratch_space(scratch) }
    }

    unsafe fn run_with_scratch_space(
        &self,
        m: usize,
        n: usize,
        scratch: &mut dyn ScratchSpace,
        specs: &[FusedSpec],
    ) -> TractResult<()> {
        if m == 0 || n == 0 {
            return Ok(());
        }
        let [FusedSpec::AddMatMul { a, b, .. }, rest @ ..] = specs else {
            bail!("a fused product that does not begin with the product");
        };
        unsafe { self.note.run_with_scratch_space(1, 1, scratch, rest)? };
        let Plan { steps, store, unknown } = PLAN.take();
        ensure!(!unknown, "a product is fused with an operation that the kernel does not have");
        let store = store.context("a product without a store")?;
        if self.nr == 1 {
            // The transposed product: the vector's elements are broadcast.
            let steps = steps.into_iter().map(Step::transposed).collect();
            let (row, column) = (store.col_byte_stride, store.row_byte_stride);
            let call = Product { m: n, n: m, a_rows: 1, c: store.ptr, row, column, steps };
            unsafe { call.run(operand(b), operand(a)) }
        } else {
            let (row, column) = (store.row_byte_stride, store.col_byte_stride);
            let call = Product { m, n, a_rows: self.mr, c: store.ptr, row, column, steps };
            unsafe { call.run(operand(a), operand(b)) }
        }
    }
}

fn operand<'a>(value: &'a AsInputValue<'_>) -> &'a dyn MMMInputValue {
    match value {
        AsInputValue::Owned(owned) => &**owned,
        AsInputValue::Borrowed(borrowed) => *borrowed,
    }
}

/// A product as the host sees it.
struct Product {
    m: usize,
    n: usize,
    a_rows: usize,
    c: *mut u8,
    row: isize,
    column: isize,
    steps: Vec<Step>,
}

impl Product {
    /// Calls the host once for all columns, or for a few panels of them at a time
    /// if they have to be gathered.
    unsafe fn run(mut self, rows: &dyn MMMInputValue, lanes: &dyn MMMInputValue) -> TractResult<()> {
        let k = rows.k();
        let (mut row_memory, mut lane_memory) = (Gathered::default(), Gathered::default());
        let a = unsafe { row_memory.panels(rows, 0, self.m.div_ceil(self.a_rows))? };
        let panels = self.n.div_ceil(LANES);
        let together = if is_packed(lanes) { panels } else { GATHERED };
        for first in (0..panels).step_by(together.max(1)) {
            let count = together.min(panels - first);
            let b = unsafe { lane_memory.panels(lanes, first, count)? };
            let columns = (self.n - first * LANES).min(count * LANES);
            unsafe {
                matmul_f32(
                    self.m,
                    columns,
                    k,
                    a.base,
                    self.a_rows,
                    a.stride,
                    b.base,
                    b.stride,
                    self.c.offset(self.column * (first * LANES) as isize),
                    self.row,
                    self.column,
                    self.steps.as_ptr(),
                    self.steps.len(),
                );
            }
            for step in self.steps.iter_mut().filter(|step| step.kind >= 8) {
                step.value = step.value.wrapping_add_signed(step.column * (count * LANES) as i32);
            }
        }
        Ok(())
    }
}

/// For every product of floats, this tier's kernels.
fn preferred(_: &IsaSet, accumulator: DatumType, query: &Query, _: &[Suitable]) -> Option<&'static str> {
    match (accumulator, query.n) {
        (DatumType::F32, Some(1)) => Some("host_f32_16x1"),
        (DatumType::F32, _) => Some("host_f32_12x16"),
        _ => None,
    }
}

inventory::submit! { MmmRoutine { make: || Box::new(HostProduct::matrices()) } }
inventory::submit! { MmmRoutine { make: || Box::new(HostProduct::vector()) } }
inventory::submit! {
    MmmTier { arch: Some(Arch::Wasm32Simd128), precedence: u8::MAX, name: "host", applies: |_| true, preferred }
}

/// Keeps the linker from dropping this file's entries, which nothing else refers to.
pub(crate) fn is_registered() -> bool {
    std::hint::black_box(preferred as *const ()) != std::ptr::null()
}
