// Against what the Rust implementation, Go and the X-Wing draft compute.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { fromHex, toHex } from "@cosmjs/encoding";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { ml_kem768_x25519 as xwing } from "@noble/post-quantum/hybrid.js";
import { decodeText, deriveKey, encodeText, floats, kemId, kemPublicKey, newMnemonic, open, seal, Signer, tensor } from "../src/index.js";
import { committed, text } from "./transactions.js";

const root = new URL("../../../", import.meta.url);
const json = (path: string) => JSON.parse(readFileSync(new URL(path, root), "utf8"));
const hash = (bytes: Uint8Array) => toHex(sha256(bytes));

test("every scheme gives the keys, addresses and signatures of the golden file", () => {
  const { message, keys } = json("tests/testdata/keys.json");
  assert.equal(keys.length, 42);
  for (const { phrase, scheme, passphrase, account, index, ...golden } of keys) {
    const key = deriveKey(phrase, scheme, { account, index, passphrase });
    assert.deepEqual(
      {
        address: key.address,
        type_url: key.any.typeUrl,
        public_key_sha256: hash(key.publicKey),
        any_sha256: hash(key.any.value),
        signature_sha256: hash(key.sign(utf8ToBytes(message))),
        kem_key_sha256: hash(kemPublicKey(key.kemSeed)),
      },
      golden,
      `${scheme} ${account}/${index}`,
    );
  }
});

test("the committed transactions are what is signed here", async () => {
  assert.equal(await text(), committed());
});

test("X-Wing is the draft's", () => {
  for (const { seed, eseed, pk, ct, ss } of json("crypto/tests/testdata/x-wing.json")) {
    assert.equal(toHex(kemPublicKey(fromHex(seed))), pk);
    const { cipherText, sharedSecret } = xwing.encapsulate(fromHex(pk), fromHex(eseed));
    assert.deepEqual([toHex(cipherText), toHex(sharedSecret)], [ct, ss]);
  }
});

const SEED = new Uint8Array(32).fill(9);

test("what Go's HPKE sealed opens", () => {
  const sealed = fromHex(readFileSync(new URL("crypto/tests/testdata/sealed-by-go.hex", root), "utf8").trim());
  assert.equal(new TextDecoder().decode(open(SEED, sealed)), "sealed by Go's crypto/hpke");
});

test("what is sealed here another HPKE opens", async () => {
  const payload = Uint8Array.from({ length: 65536 + 9 }, (_, i) => i);
  const sealed = seal(kemPublicKey(SEED), payload);
  const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });
  const recipientKey = await suite.kem.importKey("raw", SEED.slice().buffer, false);
  const info = sealed.slice(0, 17).buffer;
  const context = await suite.createRecipientContext({ recipientKey, enc: sealed.slice(17, 1137).buffer, info });
  const body = sealed.slice(1137);
  const first = await context.open(body.slice(0, 65552).buffer, Uint8Array.of(0).buffer);
  const last = await context.open(body.slice(65552).buffer, Uint8Array.of(1).buffer);
  assert.deepEqual(Buffer.concat([Buffer.from(first), Buffer.from(last)]), Buffer.from(payload));
});

test("payloads of every length around a chunk come back, as bytes and as text", () => {
  for (const length of [0, 1, 65535, 65536, 65537, 131072]) {
    const payload = new Uint8Array(length).fill(length);
    const sealed = seal(kemPublicKey(SEED), payload);
    assert.ok(Buffer.from(open(SEED, decodeText(encodeText(sealed)))).equals(payload));
  }
});

test("every change of a sealed payload is noticed", () => {
  const good = seal(kemPublicKey(SEED), new Uint8Array(65536 + 10));
  for (const at of [17, 1136, 1137, good.length - 1]) {
    const bad = good.slice();
    bad[at] ^= 1;
    assert.throws(() => open(SEED, bad), /changed or cut short/u);
  }
  assert.throws(() => open(SEED, good.slice(0, -26)), /changed or cut short/u);
  assert.throws(() => open(SEED, good.slice(0, 1000)), /shorter than a header/u);
  assert.throws(() => open(new Uint8Array(32), good), /another KEM key/u);
  assert.throws(() => decodeText("hello"), /BEGIN and END/u);
  assert.throws(() => seal(new Uint8Array(5), good), /1216 bytes/u);
});

test("wrong arguments are told", () => {
  assert.throws(() => deriveKey("abandon abandon", "ml-dsa-65"), /check the words/u);
  assert.throws(() => deriveKey(newMnemonic(), "dilithium" as never), /use secp256k1, /u);
  assert.throws(() => deriveKey(newMnemonic(), "ml-dsa-65", { index: -1 }), /number of a path/u);
  assert.throws(() => tensor("x", "f32", [2, 2], [1, 2, 3]), /takes 4 values, not 3/u);
  assert.deepEqual(floats(tensor("x", "f32", [3], [1, 2.5, -3])), [1, 2.5, -3]);
  assert.equal(kemId(kemPublicKey(SEED)).length, 16);
});

test("a signer signs for its own address alone", async () => {
  const signer = Signer.fromMnemonic(newMnemonic(), "hybrid");
  const [account] = await signer.getAccounts();
  assert.deepEqual([account.address, account.pubkey.length], [signer.address, 33 + 1952]);
  await assert.rejects(signer.signDirect("synergy1other", {} as never), /is not this signer's/u);
});
