// On a running chain; `scripts/e2e/sdk-js.sh` starts it and says where it is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Client, decodeText, encodeText, floats, kemPublicKey, newMnemonic, SCHEMES, Signer, tensor } from "../src/index.js";

const need = (name: string): string => process.env[name] ?? assert.fail(`${name} is not set: run scripts/e2e/sdk-js.sh`);
const [REST, FAUCET, SYNERGYD] = [need("SYNERGY_REST"), need("SYNERGY_FAUCET"), need("SYNERGYD")];
const client = new Client({ rest: REST });
const cli = (args: string[], input: string | Buffer = "") => execFileSync(SYNERGYD, args, { input, maxBuffer: 2 ** 26, stdio: ["pipe", "pipe", "ignore"] });

/** Coins from the faucet, in a block before this returns. */
async function fund(address: string): Promise<void> {
  const reply = await fetch(`${FAUCET}/credit`, { method: "POST", body: JSON.stringify({ address }) });
  if (!reply.ok) throw new Error(`faucet: ${await reply.text()}`);
  for (let tries = 0; tries < 150 && (await client.balance(address)) === 0n; tries++) await new Promise((done) => setTimeout(done, 200));
  assert.notEqual(await client.balance(address), 0n);
}

test("an account of every scheme sends coins, from the address that the command line shows", async () => {
  for (const scheme of SCHEMES) {
    const phrase = newMnemonic();
    const signer = Signer.fromMnemonic(phrase, scheme);
    const shown = cli(["keys", "add", `js-${scheme}`, "--recover", "--key-type", scheme, "-o", "json"], `${phrase}\n`);
    assert.equal(JSON.parse(shown.toString()).address, signer.address);
    await fund(signer.address);
    const to = Signer.fromMnemonic(newMnemonic(), "ml-dsa-44").address;
    const sent = await client.transfer(signer, to, 12_345n);
    assert.ok(sent.height > 0n);
    assert.equal(await client.balance(to), 12_345n);
    // The command line goes on with the same account.
    cli(["tx", "bank", "send", `js-${scheme}`, to, "1asnrg", "--yes", "--wait"]);
    assert.equal(await client.balance(to), 12_346n);
  }
});

test("a model is published and run by a hybrid account", async () => {
  const signer = Signer.fromMnemonic(newMnemonic(), "hybrid");
  await fund(signer.address);
  const onnx = readFileSync(new URL("../../../modules/model-registry/testdata/linear.onnx", import.meta.url));
  const model = await client.publishModel(signer, { name: "linear", onnx, bindings: { batch: 1 } });
  const sent = await client.infer(signer, model, [tensor("x", "f32", [1, 4], [1, 2, 3, 4])]);
  assert.deepEqual(floats(sent.outputs[0]), [0, 0, 3, 0.25]);
  const { record } = await client.ask(`/synergy/aivm/v1/records/${sent.recordId}`);
  assert.equal(record.sender, signer.address);
  await assert.rejects(client.infer(signer, model, [tensor("y", "f32", [1, 4], [1, 2, 3, 4])]), /the node|fail|input/u);
});

test("payloads go between the command line and JavaScript", async () => {
  const phrase = newMnemonic();
  const signer = Signer.fromMnemonic(phrase, "ml-dsa-65");
  cli(["keys", "add", "js-sealed", "--recover", "--key-type", "ml-dsa-65"], `${phrase}\n`);
  await fund(signer.address);
  await assert.rejects(client.sealTo(signer.address, new Uint8Array(1)), /published no KEM key/u);
  await client.publishKemKey(signer);
  assert.equal(cli(["keys", "show", "js-sealed", "--kem-key"]).toString().trim(), Buffer.from(kemPublicKey(signer.key.kemSeed)).toString("hex"));
  const payload = Buffer.alloc(200_000, "private ");
  const sealed = cli(["seal", signer.address], payload);
  assert.ok(Buffer.from(client.open(signer, sealed)).equals(payload));
  const text = cli(["seal", "js-sealed", "--armor"], "a memo").toString();
  assert.equal(new TextDecoder().decode(client.open(signer, decodeText(text))), "a memo");
  const ours = await client.sealTo(signer.address, payload);
  assert.ok(cli(["open", "--from", "js-sealed"], Buffer.from(ours)).equals(payload));
  assert.ok(cli(["open", "--from", "js-sealed"], encodeText(ours)).equals(payload));
});
