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

const word = new DataView(new ArrayBuffer(8));

/** a·b + c in single precision, rounded once: the product is exact in double
 *  precision, the sum is rounded to odd there. */
function fused(a, b, c) {
  const product = a * b;
  const sum = product + c;
  const back = sum - product;
  const error = product - (sum - back) + (c - back);
  if (error === 0 || !Number.isFinite(sum)) return Math.fround(sum);
  word.setFloat64(0, sum);
  const bits = word.getBigInt64(0);
  if (bits & 1n) return Math.fround(sum);
  word.setBigInt64(0, error > 0 === sum > 0 ? bits + 1n : bits - 1n);
  return Math.fround(word.getFloat64(0));
}

const OPERATIONS = [
  (x, v) => (v < x || Number.isNaN(v) ? v : x),
  (x, v) => (v > x || Number.isNaN(v) ? v : x),
  (x, v) => Math.fround(x + v),
  (x, v) => Math.fround(x * v),
  (x, v) => Math.fround(v - x),
  (x, v) => Math.fround(x - v),
];

/** The host's matrix kernel as inference/src/kernel/mod.rs defines it, for calls
 *  that are well formed. */
function product(buffer, [m, n, k, a, aRows, aPanel, b, bPanel, c, cRow, cColumn, steps, stepCount]) {
  const floats = new Float32Array(buffer);
  const ints = new Int32Array(buffer);
  const at = (address) => (address >>> 0) / 4;
  for (let i = 0; i < m; i++) {
    const rows = at(a) + (Math.floor(i / aRows) * aPanel) / 4 + (i % aRows);
    for (let j = 0; j < n; j++) {
      const columns = at(b) + (Math.floor(j / 16) * bPanel) / 4 + (j % 16);
      let x = 0;
      for (let t = 0; t < k; t++) x = fused(floats[rows + t * aRows], floats[columns + t * 16], x);
      for (let step = at(steps); step < at(steps) + 4 * stepCount; step += 4) {
        const [kind, value, row, column] = ints.subarray(step, step + 4);
        const v = kind < 8 ? floats[step + 1] : floats[at(value) + (i * row + j * column) / 4];
        x = OPERATIONS[kind % 8](x, v);
      }
      floats[at(c) + (i * cRow + j * cColumn) / 4] = x;
    }
  }
  return 0;
}

/** The host's element-wise kernel; inference/src/kernel/rows.rs. */
function map(buffer, x, len, kind, value) {
  const row = new Float32Array(buffer, x >>> 0, len);
  const scalar = new Float32Array(Int32Array.of(value).buffer)[0];
  const operands = kind < 8 ? null : new Float32Array(buffer, value >>> 0, len);
  for (let i = 0; i < len; i++) row[i] = OPERATIONS[kind % 8](row[i], operands ? operands[i] : scalar);
  return 0;
}

/** The host's depthwise kernel, from the same file. */
function depthwise(buffer, input, output, taps, offsets, count, bias, len, stride) {
  const floats = new Float32Array(buffer);
  const factors = new Float32Array(buffer, taps >>> 0, count);
  const starts = new Int32Array(buffer, offsets >>> 0, count);
  const first = (input >>> 0) / 4;
  for (let i = 0; i < len; i++) {
    let x = bias;
    for (let tap = 0; tap < count; tap++) x = fused(factors[tap], floats[first + starts[tap] + i * stride], x);
    floats[(output >>> 0) / 4 + i] = x;
  }
  return 0;
}

/** An instance with `memory`, or with the guest's initial memory, and points. */
function session(memory) {
  const synergy = {
    matmul_f32: (...call) => product(exports.memory.buffer, call),
    map_f32: (...call) => map(exports.memory.buffer, ...call),
    depthwise_f32: (...call) => depthwise(exports.memory.buffer, ...call),
  };
  const { exports } = new WebAssembly.Instance(guest, { synergy });
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
