// Runs the golden models on the inference guest in another engine, V8, and prints
// the lines that `inference/examples/golden.rs` prints.
//
//   node scripts/e2e/guest.mjs GUEST.wasm TESTDATA
//
// The guest counts its own points and its result does not depend on the engine,
// so the lines must be equal. (V8 does not make NaNs canonical; the golden
// results hold none.)
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [wasm, testdata] = process.argv.slice(2);
// As in inference/src/profile.rs.
const [POINTS_PER_GAS, INSTANCE_GAS] = [20n, 200_000n];
const guest = new WebAssembly.Module(readFileSync(wasm));
const DTYPES = { f32: 1, i32: 6 };

/** An instance with `memory`, or with the guest's initial memory, and points. */
function session(memory) {
  const { exports } = new WebAssembly.Instance(guest, {});
  const granted = 1n << 62n;
  exports.points.value = granted;
  if (memory) {
    exports.memory.grow((memory.length - exports.memory.buffer.byteLength) / 65536);
    new Uint8Array(exports.memory.buffer).set(memory);
  } else {
    for (const section of WebAssembly.Module.customSections(guest, "memory-image")) {
      const view = new DataView(section);
      for (let at = 0; at < section.byteLength; ) {
        const [offset, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
        const bytes = new Uint8Array(section, at + 8, length);
        new Uint8Array(exports.memory.buffer).set(bytes, offset);
        at += 8 + length;
      }
    }
    exports.__wasm_call_ctors();
  }
  return {
    call(name, request) {
      const pointer = exports.alloc(request.length) >>> 0;
      new Uint8Array(exports.memory.buffer).set(request, pointer);
      const status = exports[name](pointer, request.length);
      const points = granted - exports.points.value;
      const reply = new Uint8Array(exports.memory.buffer, exports.reply_ptr() >>> 0, exports.reply_len());
      if (status !== 0) throw new Error(Buffer.from(reply).toString());
      const gas = INSTANCE_GAS + (points + POINTS_PER_GAS - 1n) / POINTS_PER_GAS;
      return { reply: Buffer.from(reply), gas };
    },
    memory: () => new Uint8Array(exports.memory.buffer).slice(),
  };
}

const u16 = (value) => { const b = Buffer.alloc(2); b.writeUInt16LE(value); return b; };
const u32 = (value) => { const b = Buffer.alloc(4); b.writeUInt32LE(value); return b; };
const u64 = (value) => { const b = Buffer.alloc(8); b.writeBigUInt64LE(BigInt(value)); return b; };

function loadRequest({ dtype, shape }, model) {
  return Buffer.concat([u32(1), u32(DTYPES[dtype]), u32(shape.length), ...shape.map(u64), model]);
}

function elements({ input: { dtype, shape }, modulus, scale }) {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const values = Array.from({ length: count }, (_, index) => (7919 * index + 13) % modulus);
  const array = dtype === "i32" ? Int32Array.from(values) : Float32Array.from(values, (v) => v / scale);
  return Buffer.from(array.buffer);
}

/** A run reply as the canonical list of named tensors. */
function encodeOutputs(reply, names) {
  let at = 4;
  const take = (length) => reply.subarray(at, (at += length));
  const parts = [u32(names.length)];
  for (const name of names) {
    const dtype = take(4).readUInt32LE();
    const rank = take(4).readUInt32LE();
    const dims = take(8 * rank);
    const data = take(Number(take(8).readBigUInt64LE()));
    const tensor = Buffer.concat([Buffer.from([dtype, rank]), dims, data]);
    parts.push(u16(Buffer.byteLength(name)), Buffer.from(name), u32(tensor.length), tensor);
  }
  return Buffer.concat(parts);
}

for (const model of JSON.parse(readFileSync(join(testdata, "models.json")))) {
  const loading = session();
  const loaded = loading.call("load", loadRequest(model.input, readFileSync(join(testdata, model.file))));
  const ran = session(loading.memory()).call("run", elements(model));
  const outputs = createHash("sha256").update(encodeOutputs(ran.reply, model.outputs)).digest("hex");
  console.log(`${model.file} load ${loaded.gas} run ${ran.gas} ${outputs}`);
}
