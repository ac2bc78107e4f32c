// Payloads that only one account can read: HPKE (RFC 9180, base mode) over X-Wing,
// HKDF-SHA256 and ChaCha20-Poly1305, as docs/private-payloads.md specifies.
import { fromBase64, toBase64 } from "@cosmjs/encoding";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ml_kem768_x25519 as xwing } from "@noble/post-quantum/hybrid.js";

const MAGIC = utf8ToBytes("SNRGSEAL");
const VERSION = 1;
const HEADER = 17;
const SENT = 1120;
const CHUNK = 65536;
const TAG = 16;
const SUITE = Uint8Array.of(0x48, 0x50, 0x4b, 0x45, 0x64, 0x7a, 0, 1, 0, 3);
const LABEL = "SYNERGY SEALED PAYLOAD";

/** The public KEM key of a key's `kemSeed`: what `synergyd tx auth publish-kem-key` publishes. */
export const kemPublicKey = (kemSeed: Uint8Array): Uint8Array => xwing.getPublicKey(kemSeed);

/** The first 8 bytes of a KEM key's SHA-256, in hexadecimal. */
export const kemId = (kemKey: Uint8Array): string =>
  Array.from(sha256(kemKey).subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Seals a payload to the owner of a KEM key. */
export function seal(kemKey: Uint8Array, payload: Uint8Array): Uint8Array {
  if (kemKey.length !== 1216) throw new Error(`a KEM key has 1216 bytes, this has ${kemKey.length}`);
  const header = headerOf(kemKey);
  const { cipherText, sharedSecret } = xwing.encapsulate(kemKey);
  const cipher = schedule(sharedSecret, header);
  return concatBytes(header, cipherText, ...chunksOf(payload, CHUNK).map(([chunk, last]) => cipher(last).encrypt(chunk)));
}

/** Opens what was sealed to the KEM key of a seed. */
export function open(kemSeed: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (sealed.length < HEADER + SENT) throw new Error("not a sealed payload: it is shorter than a header");
  const [header, ours] = [sealed.subarray(0, HEADER), headerOf(kemPublicKey(kemSeed))];
  if (!equal(header.subarray(0, 8), MAGIC)) throw new Error("not a sealed payload: it does not begin with SNRGSEAL");
  if (header[8] !== VERSION) throw new Error(`not a sealed payload: its version is ${header[8]}, this opens version 1`);
  if (!equal(header, ours)) throw new Error("the payload is sealed to another KEM key: open it with that account");
  const cipher = schedule(xwing.decapsulate(sealed.subarray(HEADER, HEADER + SENT), kemSeed), header);
  const opened = chunksOf(sealed.subarray(HEADER + SENT), CHUNK + TAG).map(([chunk, last], at) => {
    try {
      return cipher(last).decrypt(chunk);
    } catch {
      throw new Error(`the sealed payload was changed or cut short (part ${at}): get it again from whoever sealed it`);
    }
  });
  return concatBytes(...opened);
}

/** A sealed payload as text, for mail and chat; `synergyd open` takes it too. */
export const encodeText = (sealed: Uint8Array): string =>
  [`-----BEGIN ${LABEL}-----`, ...(toBase64(sealed).match(/.{1,64}/gu) ?? []), `-----END ${LABEL}-----`, ""].join("\n");

/** Takes a sealed payload out of its text. */
export function decodeText(text: string): Uint8Array {
  const match = new RegExp(`^-----BEGIN ${LABEL}-----([^-]*)-----END ${LABEL}-----$`, "u").exec(text.trim());
  if (!match) throw new Error("not a sealed payload: its first and last lines must be the BEGIN and END markers");
  return fromBase64(match[1].replace(/\s+/gu, ""));
}

const headerOf = (kemKey: Uint8Array) => concatBytes(MAGIC, Uint8Array.of(VERSION), sha256(kemKey).subarray(0, 8));
const equal = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

function chunksOf(bytes: Uint8Array, size: number): [Uint8Array, boolean][] {
  const count = Math.max(1, Math.ceil(bytes.length / size));
  return Array.from({ length: count }, (_, i) => [bytes.subarray(i * size, (i + 1) * size), i === count - 1]);
}

/** Section 5.1's key schedule: gives the cipher of the next chunk each time it is called. */
function schedule(shared: Uint8Array, info: Uint8Array) {
  const labeledExtract = (salt: Uint8Array, label: string, input: Uint8Array) =>
    extract(sha256, concatBytes(utf8ToBytes("HPKE-v1"), SUITE, utf8ToBytes(label), input), salt);
  const labeledExpand = (secret: Uint8Array, label: string, context: Uint8Array, length: number) =>
    expand(sha256, secret, concatBytes(Uint8Array.of(0, length), utf8ToBytes("HPKE-v1"), SUITE, utf8ToBytes(label), context), length);
  const empty = new Uint8Array();
  const context = concatBytes(Uint8Array.of(0), labeledExtract(empty, "psk_id_hash", empty), labeledExtract(empty, "info_hash", info));
  const secret = labeledExtract(shared, "secret", empty);
  const key = labeledExpand(secret, "key", context, 32);
  const base = labeledExpand(secret, "base_nonce", context, 12);
  let sequence = 0n;
  return (last: boolean) => {
    const nonce = base.slice();
    const view = new DataView(nonce.buffer, nonce.byteOffset);
    view.setBigUint64(4, view.getBigUint64(4) ^ sequence++);
    return chacha20poly1305(key, nonce, Uint8Array.of(last ? 1 : 0));
  };
}
