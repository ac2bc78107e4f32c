// The command line (SYNERGYD) signs the bytes that JavaScript signs: every scheme in both
// sign modes, and every message that CosmJS converts.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fromBase64, toBase64, toUtf8 } from "@cosmjs/encoding";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { AuthInfo, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";

const SYNERGYD = process.env.SYNERGYD ?? assert.fail("SYNERGYD is not set: run scripts/e2e/sdk-js.sh");
const home = mkdtempSync(join(tmpdir(), "synergyd-"));
after(() => rmSync(home, { recursive: true }));
const golden = (name: string) => JSON.parse(readFileSync(new URL(`../../../tests/testdata/${name}`, import.meta.url), "utf8"));
const file = join(home, "tx.json");

const cli = (args: string[], input = "") =>
  execFileSync(SYNERGYD, [...args, "--home", home, "--keyring-backend", "test"], { input, maxBuffer: 2 ** 26, stdio: ["pipe", "pipe", "ignore"] }).toString();
/** Writes a command's transaction to the file and returns its base64. */
const encoded = (json: string) => (writeFileSync(file, json), cli(["tx", "encode", file]).trim());

test("every scheme signs the transaction that JavaScript signed, in both modes", () => {
  const { phrase, to, chain_id, account_number, sequence, gas, note, transactions } = golden("sdk-js.json");
  assert.equal(transactions.length, 7);
  for (const expected of transactions) {
    const key = cli(["keys", "add", expected.scheme, "--recover", "--key-type", expected.scheme, "-o", "json"], `${phrase}\n`);
    assert.equal(JSON.parse(key).address, expected.address);
    for (const mode of ["direct", "amino-json"]) {
      const signed = cli(["tx", "bank", "send", expected.scheme, to, "1asnrg", "--offline", "-y", "--chain-id", chain_id,
        "-a", String(account_number), "-s", String(sequence), "--gas", String(gas), "--fees", "2000asnrg", "--note", note, "--sign-mode", mode]);
      assert.equal(encoded(signed), expected[mode], `${expected.scheme} ${mode}`);
    }
  }
});

test("CosmJS's documents are read, signed and verified over the bytes that CosmJS signs", () => {
  const { chain_id, account_number, sequence, documents } = golden("cosmjs.json");
  assert.ok(documents.length >= 34);
  for (const document of documents) {
    for (const [mode, short] of [["direct", "direct"], ["amino-json", "amino"]] as const) {
      const authInfoBytes = fromBase64(document[`auth_info_${short}`]);
      const auth = AuthInfo.decode(authInfoBytes);
      const bodyBytes = fromBase64(document.body);
      const unsigned = TxRaw.fromPartial({ bodyBytes, authInfoBytes: AuthInfo.encode({ ...auth, signerInfos: [] }).finish() });
      writeFileSync(file, cli(["tx", "decode", "-o", "json", toBase64(TxRaw.encode(unsigned).finish())]));
      const signed = cli(["tx", "sign", file, "--from", "secp256k1", "--offline", "-y", "--chain-id", chain_id,
        "-a", String(account_number), "-s", String(sequence), "--sign-mode", mode]);
      const raw = TxRaw.decode(fromBase64(encoded(signed)));
      const where = `${document.name} ${mode}`;
      // A contract's message is JSON in JSON there: read from a file its keys are sorted, as in amino's text.
      const sorted = /Contract2?$/u.test(document.name) && document.body !== toBase64(raw.bodyBytes);
      if (!sorted) assert.equal(toBase64(raw.bodyBytes), document.body, where);
      assert.equal(toBase64(raw.authInfoBytes), document[`auth_info_${short}`], where);
      if (sorted && mode === "direct") continue;
      const text = document[`sign_bytes_${short}`];
      // The SDK shortened this name for Ledger devices, CosmJS keeps the long one.
      const bytes = mode === "direct" ? fromBase64(text) : toUtf8(text.replace("MsgWithdrawValidatorCommission", "MsgWithdrawValCommission"));
      const key = auth.signerInfos[0].publicKey!.value.slice(2);
      assert.ok(secp256k1.verify(raw.signatures[0], sha256(bytes), key, { prehash: false }), where);
    }
  }
});
