// From a BIP-39 phrase to keys and addresses, as docs/accounts.md specifies and
// `synergyd keys add --recover` does.
import { toBech32 } from "@cosmjs/encoding";
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { hmac } from "@noble/hashes/hmac.js";
import { ripemd160 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";
import { HDKey } from "@scure/bip32";
import { generateMnemonic, mnemonicToSeedSync, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { BinaryWriter } from "cosmjs-types/binary";
import type { Any } from "cosmjs-types/google/protobuf/any";
import { PREFIX } from "./messages.js";

/** The names that `synergyd keys add --key-type` takes. */
export const SCHEMES = ["secp256k1", "eth_secp256k1", "ed25519", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87", "hybrid"] as const;
export type Scheme = (typeof SCHEMES)[number];

/** An account's key. The secrets stay inside. */
export interface Key {
  readonly scheme: Scheme;
  /** The raw public key; of a hybrid key both, secp256k1's first. */
  readonly publicKey: Uint8Array;
  /** The public key as transactions carry it. */
  readonly any: Any;
  readonly address: string;
  /** Seed of the account's KEM key, for `open`; `kemPublicKey` makes the public key of it. */
  readonly kemSeed: Uint8Array;
  /** Signs a message, deterministically, as the chain verifies it. */
  sign(message: Uint8Array): Uint8Array;
}

export interface DeriveOptions {
  /** Account number in the path. */
  readonly account?: number;
  /** Address number in the path. */
  readonly index?: number;
  /** BIP-39's own passphrase. */
  readonly passphrase?: string;
}

const MESSAGE: Readonly<Record<Scheme, string>> = {
  secp256k1: "cosmos.crypto.secp256k1.PubKey",
  eth_secp256k1: "cosmos.evm.crypto.v1.ethsecp256k1.PubKey",
  ed25519: "cosmos.crypto.ed25519.PubKey",
  "ml-dsa-44": "synergy.crypto.v1.MlDsa44PubKey",
  "ml-dsa-65": "synergy.crypto.v1.MlDsa65PubKey",
  "ml-dsa-87": "synergy.crypto.v1.MlDsa87PubKey",
  hybrid: "synergy.crypto.v1.HybridPubKey",
};
const ML_DSA = { "ml-dsa-44": ml_dsa44, "ml-dsa-65": ml_dsa65, "ml-dsa-87": ml_dsa87 };
const HARDENED = 0x80000000;

/** A new phrase of 24 words, which post-quantum keys want. */
export const newMnemonic = (): string => generateMnemonic(wordlist, 256);

/** The key of a scheme at `m/44'/118'/account'/0/index` (60' for eth_secp256k1; all hardened where the scheme demands it). */
export function deriveKey(mnemonic: string, scheme: Scheme, options: DeriveOptions = {}): Key {
  const { account = 0, index = 0, passphrase = "" } = options;
  if (!SCHEMES.includes(scheme)) throw new Error(`unknown key type ${JSON.stringify(scheme)}: use ${SCHEMES.join(", ")}`);
  const words = mnemonic.trim().split(/\s+/u).join(" ");
  if (!validateMnemonic(words, wordlist)) {
    throw new Error("invalid mnemonic: check the words and their order (English BIP-39 list)");
  }
  for (const n of [account, index]) {
    if (!Number.isInteger(n) || n < 0 || n >= HARDENED) throw new Error(`${n} is no number of a path: 0 to 2147483647`);
  }
  const seed = mnemonicToSeedSync(words, passphrase);
  const coin = scheme === "eth_secp256k1" ? 60 : 118;
  const path = [44, coin, account, 0, index];
  const { publicKey, sign } = signing(scheme, seed, path);
  return {
    scheme,
    publicKey,
    sign,
    any: { typeUrl: `/${MESSAGE[scheme]}`, value: encodeKey(scheme, publicKey) },
    address: toBech32(PREFIX, addressBytes(scheme, publicKey)),
    kemSeed: hardenedChild("X-Wing seed", seed, path),
  };
}

function signing(scheme: Scheme, seed: Uint8Array, path: readonly number[]): Pick<Key, "publicKey" | "sign"> {
  switch (scheme) {
    case "secp256k1":
    case "eth_secp256k1": {
      const secret = secp256k1Child(seed, path);
      const hash = scheme === "secp256k1" ? sha256 : keccak_256;
      return {
        publicKey: secp256k1.getPublicKey(secret, true),
        sign: (message) => secp256k1.sign(hash(message), secret, { prehash: false, lowS: true }),
      };
    }
    case "ed25519": {
      const secret = hardenedChild("ed25519 seed", seed, path);
      return { publicKey: ed25519.getPublicKey(secret), sign: (message) => ed25519.sign(message, secret) };
    }
    case "hybrid": {
      const [first, second] = [signing("secp256k1", seed, path), signing("ml-dsa-65", seed, path)];
      return {
        publicKey: concatBytes(first.publicKey, second.publicKey),
        sign: (message) => concatBytes(first.sign(message), second.sign(message)),
      };
    }
    default: {
      const { publicKey, secretKey } = ML_DSA[scheme].keygen(hardenedChild("ML-DSA seed", seed, path));
      return { publicKey, sign: (message) => ML_DSA[scheme].sign(message, secretKey, { extraEntropy: false }) };
    }
  }
}

/** BIP-32 at m/44'/coin'/account'/0/index. */
function secp256k1Child(seed: Uint8Array, [purpose, coin, account, change, index]: readonly number[]): Uint8Array {
  const { privateKey } = HDKey.fromMasterSeed(seed).derive(`m/${purpose}'/${coin}'/${account}'/${change}/${index}`);
  if (!privateKey) throw new Error("no key exists at this path: use the next index");
  return privateKey;
}

/** SLIP-10's chain under a master key of the scheme's own; every number is hardened. */
function hardenedChild(master: string, seed: Uint8Array, path: readonly number[]): Uint8Array {
  let node = hmac(sha512, utf8ToBytes(master), seed);
  for (const number of path) {
    const data = new Uint8Array(37);
    data.set(node.subarray(0, 32), 1);
    new DataView(data.buffer).setUint32(33, number + HARDENED);
    node = hmac(sha512, node.subarray(32), data);
  }
  return node.slice(0, 32);
}

function encodeKey(scheme: Scheme, key: Uint8Array): Uint8Array {
  const writer = BinaryWriter.create();
  if (scheme !== "hybrid") return writer.uint32(10).bytes(key).finish();
  return writer.uint32(10).bytes(key.subarray(0, 33)).uint32(18).bytes(key.subarray(33)).finish();
}

function addressBytes(scheme: Scheme, key: Uint8Array): Uint8Array {
  switch (scheme) {
    case "secp256k1":
      return ripemd160(sha256(key));
    case "eth_secp256k1":
      return keccak_256(secp256k1.Point.fromBytes(key).toBytes(false).subarray(1)).slice(12);
    case "ed25519":
      return sha256(key).slice(0, 20);
    default:
      return sha256(concatBytes(sha256(utf8ToBytes(MESSAGE[scheme])), key)).slice(0, 20);
  }
}
