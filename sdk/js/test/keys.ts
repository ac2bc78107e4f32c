// Writes tests/testdata/keys.json over `@noble` and `@scure`: `tsx test/keys.ts`. The Rust
// implementation (`crypto/tests/wallets.rs`) is held to it.
import { writeFileSync } from "node:fs";
import { toHex } from "@cosmjs/encoding";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { deriveKey, kemPublicKey, SCHEMES } from "../src/index.js";

const hash = (bytes: Uint8Array) => toHex(sha256(bytes));
const twelve = `${"abandon ".repeat(11)}about`;
const twentyFour = `${"abandon ".repeat(23)}art`;
const message = "what a transaction signs";

const keys = [];
for (const [phrase, passphrase] of [[twelve, ""], [twentyFour, ""], [twentyFour, "TREZOR"]]) {
  for (const [account, index] of [[0, 0], [1, 5]]) {
    for (const scheme of SCHEMES) {
      const key = deriveKey(phrase, scheme, { account, index, passphrase });
      keys.push({
        phrase, passphrase, scheme, account, index,
        address: key.address,
        type_url: key.any.typeUrl,
        public_key_sha256: hash(key.publicKey),
        any_sha256: hash(key.any.value),
        signature_sha256: hash(key.sign(utf8ToBytes(message))),
        kem_key_sha256: hash(kemPublicKey(key.kemSeed)),
      });
    }
  }
}
writeFileSync(new URL("../../../tests/testdata/keys.json", import.meta.url), `${JSON.stringify({ message, keys }, null, 1)}\n`);
