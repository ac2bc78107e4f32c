// Tensors from and to JavaScript's numbers.
import type { Tensor } from "./messages.js";

const TYPES = {
  u8: Uint8Array, i8: Int8Array, u16: Uint16Array, i16: Int16Array, u32: Uint32Array, i32: Int32Array,
  u64: BigUint64Array, i64: BigInt64Array, f32: Float32Array, f64: Float64Array,
} as const;
type Dtype = keyof typeof TYPES;

/** A tensor of a shape from its values in row-major order. */
export function tensor(name: string, dtype: Dtype, shape: readonly number[], values: ArrayLike<number | bigint>): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  if (values.length !== size) throw new Error(`${name}: shape ${shape.join("x")} takes ${size} values, not ${values.length}`);
  const array = (TYPES[dtype].from as (v: ArrayLike<number | bigint>) => ArrayBufferView)(values);
  const data = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return { name, dtype, shape: shape.map(BigInt), data };
}

/** The values of a tensor, as numbers. */
export function floats({ name, dtype, data }: Tensor): number[] {
  const type = TYPES[dtype as Dtype];
  if (!type) throw new Error(`${name}: values of type ${dtype} are not decoded here: read its data`);
  return Array.from(new type(data.slice().buffer) as ArrayLike<number | bigint>, Number);
}
