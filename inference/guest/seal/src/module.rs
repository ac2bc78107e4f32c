//! Rewriting of a whole module.

use anyhow::{Context, Result, anyhow, bail, ensure};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, EntityType, ExportKind, ExportSection, FunctionSection, GlobalSection,
    GlobalType, Module, TypeSection, ValType,
};
use wasmparser::{
    DataKind, ElementItems, ExternalKind, FuncType, FunctionBody, Operator, Parser, Payload, TypeRef, ValidPayload,
    Validator, WasmFeatures,
};

use crate::body::{self, Added};
use crate::kernel::{self, Kernel};
use crate::points::GROW_PAGE;

/// Exports of the linked guest that the host calls; others are dropped.
const EXPORTS: [&str; 8] =
    ["__wasm_call_ctors", "alloc", "load", "memory", "reply_len", "reply_place", "reply_ptr", "run"];

/// The custom section that holds the initial memory:
/// `u32 offset, u32 length, bytes`, repeated, little-endian.
const MEMORY_IMAGE: &str = "memory-image";

/// What the language may use. Bulk memory is out because `memory.fill` and
/// `memory.copy` take time that no static price covers; relaxed SIMD and
/// threads because their results differ between machines.
fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SIMD
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES
}

/// Seals a linked guest: refuses imports that are no [`Kernel`] and operators outside [`features`],
/// meters, bounds the stack, moves the data segments to a custom section (so
/// that an instance starts without copying them) and strips all names.
pub(crate) fn seal(linked: &[u8]) -> Result<Vec<u8>> {
    let mut validator = Validator::new_with_features(features());
    let mut sealed = Sealed::default();
    for payload in Parser::new(0).parse_all(linked) {
        let payload = payload?;
        let valid = validator.payload(&payload)?;
        if let ValidPayload::Func(function, body) = valid {
            sealed.function(&body, function)?;
        } else {
            sealed.section(payload)?;
        }
    }
    let bytes = sealed.finish()?;
    Validator::new_with_features(features()).validate_all(&bytes).context("the sealed module")?;
    Ok(bytes)
}

#[derive(Default)]
struct Sealed {
    module: Module,
    types: Vec<FuncType>,
    functions: Vec<u32>,
    /// Imported kernels and the indices of their types.
    kernels: Vec<(Kernel, u32)>,
    globals: u32,
    code: CodeSection,
    bodies: usize,
    maximum: u64,
    image: Vec<u8>,
}

impl Sealed {
    fn added(&self) -> Result<Added> {
        let kernels = u32::try_from(self.kernels.len())?;
        let grow = u32::try_from(self.functions.len())? + kernels;
        Ok(Added { points: self.globals, height: self.globals + 1, grow, kernels })
    }

    fn function(
        &mut self,
        body: &FunctionBody<'_>,
        function: wasmparser::FuncToValidate<wasmparser::ValidatorResources>,
    ) -> Result<()> {
        let index = *self.functions.get(self.bodies).context("a body without a function")?;
        let signature = self.types.get(index as usize).context("a function without a type")?;
        ensure!(signature.results().len() <= 1, "multi-value functions are not supported");
        let result = signature
            .results()
            .first()
            .map(|kind| RoundtripReencoder.val_type(*kind))
            .transpose()
            .map_err(|error| anyhow!("{error}"))?;
        let rewritten = body::rewrite(body, function, signature.params().len(), result, self.added()?)?;
        self.code.function(&rewritten);
        self.bodies += 1;
        Ok(())
    }

    fn section(&mut self, payload: Payload<'_>) -> Result<()> {
        let reencode = &mut RoundtripReencoder;
        match payload {
            Payload::TypeSection(reader) => {
                for group in reader.clone().into_iter_err_on_gc_types() {
                    self.types.push(group?);
                }
                let mut section = TypeSection::new();
                reencode.parse_type_section(&mut section, reader)?;
                section.ty().function([ValType::I32], [ValType::I32]);
                self.module.section(&section);
            }
            Payload::ImportSection(reader) => self.import(reader)?,
            Payload::StartSection { .. } => bail!("the guest must not have a start function"),
            Payload::FunctionSection(reader) => {
                self.functions = reader.into_iter().collect::<Result<_, _>>()?;
                let mut section = FunctionSection::new();
                for index in &self.functions {
                    section.function(*index);
                }
                section.function(u32::try_from(self.types.len())?);
                for (_, index) in &self.kernels {
                    section.function(*index);
                }
                self.module.section(&section);
            }
            Payload::TableSection(reader) => {
                let mut section = wasm_encoder::TableSection::new();
                reencode.parse_table_section(&mut section, reader)?;
                self.module.section(&section);
            }
            Payload::MemorySection(reader) => {
                for memory in reader.clone() {
                    self.maximum = memory?.maximum.context("the memory must have a maximum")?;
                }
                let mut section = wasm_encoder::MemorySection::new();
                reencode.parse_memory_section(&mut section, reader)?;
                self.module.section(&section);
            }
            Payload::GlobalSection(reader) => {
                self.globals = reader.count();
                let mut changing = 0;
                for global in reader.clone() {
                    changing += u32::from(global?.ty.mutable);
                }
                ensure!(changing <= 1, "the guest has mutable globals besides its stack pointer");
                let mut section = GlobalSection::new();
                reencode.parse_global_section(&mut section, reader)?;
                section.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
                section.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
                self.module.section(&section);
            }
            Payload::ExportSection(reader) => self.exports(reader)?,
            Payload::ElementSection(reader) => {
                self.refuse_kernels(reader.clone())?;
                let mut section = wasm_encoder::ElementSection::new();
                reencode.parse_element_section(&mut section, reader)?;
                self.module.section(&section);
            }
            Payload::DataSection(reader) => self.data(reader)?,
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, reader: wasmparser::ImportSectionReader<'_>) -> Result<()> {
        let mut section = wasm_encoder::ImportSection::new();
        for import in reader.into_imports() {
            let import = import?;
            let name = format!("{}.{}", import.module, import.name);
            let kernel = Kernel::named(import.name).filter(|_| import.module == kernel::MODULE);
            let (Some(kernel), TypeRef::Func(index)) = (kernel, import.ty) else {
                bail!("the guest must not import {name}");
            };
            ensure!(self.kernels.iter().all(|(other, _)| *other != kernel), "the guest imports {name} twice");
            let signature = self.types.get(index as usize).context("an import without a type")?;
            let parameters = signature.params().iter().map(|kind| RoundtripReencoder.val_type(*kind));
            let parameters = parameters.collect::<Result<Vec<_>, _>>().map_err(|error| anyhow!("{error}"))?;
            let expected: Vec<ValType> = (0..kernel.parameters()).map(|number| kernel.parameter(number)).collect();
            let is_expected = parameters == expected && signature.results() == [wasmparser::ValType::I32];
            ensure!(is_expected, "the guest imports {name} with another signature");
            section.import(import.module, import.name, EntityType::Function(index));
            self.kernels.push((kernel, index));
        }
        self.module.section(&section);
        Ok(())
    }

    /// Refuses a table that holds an imported function: a call through it would be free.
    fn refuse_kernels(&self, reader: wasmparser::ElementSectionReader<'_>) -> Result<()> {
        for element in reader {
            let ElementItems::Functions(functions) = element?.items else {
                bail!("only tables of plain functions are supported");
            };
            for function in functions {
                ensure!(function? as usize >= self.kernels.len(), "the guest takes the address of a kernel");
            }
        }
        Ok(())
    }

    fn exports(&mut self, reader: wasmparser::ExportSectionReader<'_>) -> Result<()> {
        let mut section = ExportSection::new();
        let mut found = 0;
        for export in reader {
            let export = export?;
            if !EXPORTS.contains(&export.name) {
                continue;
            }
            let kind = match export.kind {
                ExternalKind::Func => ExportKind::Func,
                ExternalKind::Memory => ExportKind::Memory,
                other => bail!("export {} is a {other:?}", export.name),
            };
            section.export(export.name, kind, export.index);
            found += 1;
        }
        ensure!(found == EXPORTS.len(), "the guest must export {EXPORTS:?}");
        let added = self.added()?;
        section.export("points", ExportKind::Global, added.points);
        section.export("height", ExportKind::Global, added.height);
        self.module.section(&section);
        Ok(())
    }

    fn data(&mut self, reader: wasmparser::DataSectionReader<'_>) -> Result<()> {
        for data in reader {
            let data = data?;
            let DataKind::Active { memory_index: 0, offset_expr } = data.kind else {
                bail!("only active data segments of memory 0 are supported");
            };
            let mut operators = offset_expr.get_operators_reader();
            let Operator::I32Const { value } = operators.read()? else {
                bail!("a data segment's offset must be a constant");
            };
            self.image.extend(value.to_le_bytes());
            self.image.extend(u32::try_from(data.data.len())?.to_le_bytes());
            self.image.extend(data.data);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<u8>> {
        let added = self.added()?;
        self.code.function(&body::grow(added, GROW_PAGE, self.maximum)?);
        for (index, (kernel, _)) in self.kernels.iter().enumerate() {
            self.code.function(&body::kernel(added, *kernel, u32::try_from(index)?));
        }
        self.module.section(&self.code);
        self.module.section(&CustomSection { name: MEMORY_IMAGE.into(), data: self.image.as_slice().into() });
        Ok(self.module.finish())
    }
}

fn mutable(val_type: ValType) -> GlobalType {
    GlobalType { val_type, mutable: true, shared: false }
}
