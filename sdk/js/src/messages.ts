// Synergy's own messages for CosmJS: protobuf encoders and amino converters.
import type { AminoMsg } from "@cosmjs/amino";
import type { GeneratedType } from "@cosmjs/proto-signing";
import { toBase64, fromBase64 } from "@cosmjs/encoding";
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";

export const PREFIX = "synergy";
export const DENOM = "asnrg";

/** A named tensor as the chain takes it; `tensor` makes one from numbers. */
export interface Tensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly bigint[];
  /** Row-major, little-endian. */
  readonly data: Uint8Array;
}

type Kind = "string" | "bytes" | "uint32" | "uint64" | readonly Field[];
interface Field {
  readonly tag: number;
  readonly name: string;
  readonly kind: Kind;
  readonly many?: boolean;
}

const tensor: readonly Field[] = [
  { tag: 1, name: "name", kind: "string" },
  { tag: 2, name: "dtype", kind: "string" },
  { tag: 3, name: "shape", kind: "uint64", many: true },
  { tag: 4, name: "data", kind: "bytes" },
];
const binding: readonly Field[] = [
  { tag: 1, name: "dimension", kind: "string" },
  { tag: 2, name: "size", kind: "uint64" },
];

const messages: Readonly<Record<string, { amino: string; fields: readonly Field[] }>> = {
  "/synergy.auth.v1.MsgPublishKemKey": {
    amino: "synergy/MsgPublishKemKey",
    fields: [
      { tag: 1, name: "address", kind: "string" },
      { tag: 2, name: "kem_key", kind: "bytes" },
    ],
  },
  "/synergy.aivm.v1.MsgInfer": {
    amino: "synergy/MsgInfer",
    fields: [
      { tag: 1, name: "sender", kind: "string" },
      { tag: 2, name: "model_id", kind: "bytes" },
      { tag: 3, name: "inputs", kind: tensor, many: true },
    ],
  },
  "/synergy.modelregistry.v1.MsgCreateModel": {
    amino: "synergy/MsgCreateModel",
    fields: [
      { tag: 1, name: "owner", kind: "string" },
      { tag: 2, name: "name", kind: "string" },
      { tag: 3, name: "content_hash", kind: "bytes" },
      { tag: 4, name: "size", kind: "uint64" },
      { tag: 5, name: "bindings", kind: binding, many: true },
    ],
  },
  "/synergy.modelregistry.v1.MsgUploadChunk": {
    amino: "synergy/MsgUploadChunk",
    fields: [
      { tag: 1, name: "owner", kind: "string" },
      { tag: 2, name: "model_id", kind: "bytes" },
      { tag: 3, name: "index", kind: "uint32" },
      { tag: 4, name: "data", kind: "bytes" },
    ],
  },
  "/synergy.modelregistry.v1.MsgSealModel": {
    amino: "synergy/MsgSealModel",
    fields: [
      { tag: 1, name: "owner", kind: "string" },
      { tag: 2, name: "model_id", kind: "bytes" },
    ],
  },
};

/** What the messages answer, in a transaction's `data`. */
export const responses = {
  "/synergy.aivm.v1.MsgInferResponse": [
    { tag: 1, name: "record_id", kind: "uint64" },
    { tag: 2, name: "outputs", kind: tensor, many: true },
  ],
  "/synergy.modelregistry.v1.MsgCreateModelResponse": [{ tag: 1, name: "model_id", kind: "bytes" }],
} satisfies Readonly<Record<string, readonly Field[]>>;

/** Reads a message of these fields; unknown ones are passed over. */
export function decode(fields: readonly Field[], bytes: Uint8Array): any {
  const reader = new BinaryReader(bytes);
  const message: any = {};
  for (const { name, kind, many } of fields) {
    message[name] = many ? [] : kind === "string" ? "" : kind === "bytes" ? new Uint8Array() : kind === "uint32" ? 0 : kind === "uint64" ? 0n : null;
  }
  while (reader.pos < reader.len) {
    const key = reader.uint32();
    const field = fields.find(({ tag }) => tag === key >>> 3);
    if (!field) {
      reader.skipType(key & 7);
      continue;
    }
    const { name, kind, many } = field;
    const one = () => (kind === "uint64" ? reader.uint64() : kind === "uint32" ? reader.uint32() : kind === "string" ? reader.string() : kind === "bytes" ? reader.bytes() : decode(kind, reader.bytes()));
    if (!many) message[name] = one();
    else if ((key & 7) === 2 && (kind === "uint64" || kind === "uint32")) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) message[name].push(one());
    } else message[name].push(one());
  }
  return message;
}

function encode(fields: readonly Field[], message: any, writer = BinaryWriter.create()): BinaryWriter {
  for (const { tag, name, kind, many } of fields) {
    const value = message[name];
    if (many && kind === "uint64") {
      if (value?.length) {
        writer.uint32((tag << 3) | 2).fork();
        for (const item of value) writer.uint64(BigInt(item));
        writer.ldelim();
      }
      continue;
    }
    for (const item of many ? (value ?? []) : [value]) {
      if (item === undefined || (!many && (item === "" || item === 0 || item === 0n || item.length === 0))) continue;
      if (kind === "string") writer.uint32((tag << 3) | 2).string(item);
      else if (kind === "bytes") writer.uint32((tag << 3) | 2).bytes(item);
      else if (kind === "uint32") writer.uint32(tag << 3).uint32(item);
      else if (kind === "uint64") writer.uint32(tag << 3).uint64(BigInt(item));
      else encode(kind, item, writer.uint32((tag << 3) | 2).fork()).ldelim();
    }
  }
  return writer;
}

const isEmpty = (item: any) => item === undefined || item === "" || item === 0 || item === 0n || item.length === 0;

function toAmino(fields: readonly Field[], message: any): any {
  const one = (kind: Kind, item: any): any => {
    if (kind === "bytes") return toBase64(item);
    if (kind === "uint64") return item.toString();
    return typeof kind === "string" ? item : toAmino(kind, item);
  };
  const shown = fields.filter(({ name }) => !isEmpty(message[name]));
  return Object.fromEntries(
    shown.map(({ name, kind, many }) => [
      name,
      many ? message[name].map((item: any) => one(kind, item)) : one(kind, message[name]),
    ]),
  );
}

function fromAmino(fields: readonly Field[], amino: any): any {
  const one = (kind: Kind, item: any): any => {
    if (kind === "bytes") return fromBase64(item);
    if (kind === "uint64") return BigInt(item);
    return typeof kind === "string" ? item : fromAmino(kind, item);
  };
  const shown = fields.filter(({ name }) => amino[name] !== undefined);
  return Object.fromEntries(
    shown.map(({ name, kind, many }) => [
      name,
      many ? amino[name].map((item: any) => one(kind, item)) : one(kind, amino[name]),
    ]),
  );
}

/** For CosmJS's `Registry`. */
export const synergyTypes: ReadonlyArray<[string, GeneratedType]> = Object.entries(messages).map(([url, { fields }]) => [
  url,
  {
    encode: (message: any, writer?: BinaryWriter) => encode(fields, message, writer),
    decode: (input: BinaryReader | Uint8Array) => decode(fields, input instanceof Uint8Array ? input : input.buf),
    fromPartial: (message: any) => message,
  } as unknown as GeneratedType,
]);

/** CosmJS's `AminoConverter`, which only its larger packages export. */
interface Converter {
  readonly aminoType: AminoMsg["type"];
  readonly toAmino: (value: any) => any;
  readonly fromAmino: (value: any) => any;
}

/** For CosmJS's `AminoTypes`. */
export const synergyAmino: Record<string, Converter> = Object.fromEntries(
  Object.entries(messages).map(([url, { amino, fields }]) => [
    url,
    {
      aminoType: amino,
      toAmino: (message: any) => toAmino(fields, message),
      fromAmino: (message: any) => fromAmino(fields, message),
    },
  ]),
);
