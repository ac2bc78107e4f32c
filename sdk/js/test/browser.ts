// Opens the example in headless Chromium, presses its buttons and reads what it says.
//   CHROMIUM=… tsx test/browser.ts PAGE_URL REST FAUCET
// Speaks the DevTools protocol over a pipe; prints the page's log.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

const [url, rest, faucet] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), "chromium-"));
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update", `--user-data-dir=${profile}`, "--remote-debugging-pipe"];
const browser = spawn(process.env.CHROMIUM ?? "chromium", flags, { detached: true, stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const [input, output] = [browser.stdio[3] as Writable, browser.stdio[4] as Readable];

const waiting = new Map<number, (answer: any) => void>();
let buffered = "";
output.on("data", (data: Buffer) => {
  const parts = (buffered + data.toString()).split("\0");
  buffered = parts.pop()!;
  for (const message of parts.map((part) => JSON.parse(part))) waiting.get(message.id)?.(message);
});
let next = 0;
function call(method: string, params: object = {}, sessionId?: string): Promise<any> {
  const id = ++next;
  input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  return new Promise((done, fail) => waiting.set(id, ({ result, error }) => (error ? fail(new Error(`${method}: ${error.message}`)) : done(result))));
}

async function main() {
  const { targetId } = await call("Target.createTarget", { url });
  const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
  const evaluate = async (expression: string) => (await call("Runtime.evaluate", { expression, returnByValue: true }, sessionId)).result.value;
  // A page that is still being loaded has nothing to ask.
  const log = async (): Promise<string> => (await evaluate("document.getElementById('log')?.textContent ?? ''").catch(() => "")) ?? "";
  const says = async (pattern: RegExp) => {
    for (let tries = 0; tries < 600; tries++) {
      const text = await log();
      if (/^error:/mu.test(text)) throw new Error(text);
      const match = pattern.exec(text);
      if (match) return match;
      await new Promise((done) => setTimeout(done, 200));
    }
    throw new Error(`the page never said ${pattern}: ${await log()}`);
  };
  const fill = (id: string, text: string) => evaluate(`document.getElementById(${JSON.stringify(id)}).value = ${JSON.stringify(text)}`);
  const press = (id: string) => evaluate(`document.getElementById(${JSON.stringify(id)}).click()`);
  await says(/^ready$/mu);
  await fill("rest", rest);
  await fill("faucet", faucet);
  await press("account");
  const [, address] = await says(/^account (synergy1\w+), a key of 1952 bytes$/mu);
  await press("coins");
  await says(/^balance \d/mu);
  await press("publish");
  await says(/^model [0-9a-f]{64}$/mu);
  await press("infer");
  const [, record, outputs] = await says(/^record (\d+) in block \d+: y = (.+)$/mu);
  // What relu(x·w + b) of linear.onnx gives for 1, 2, 3, 4: all sums of halves and quarters are exact.
  assert.equal(outputs, process.env.EXPECTED_OUTPUTS);
  await press("seal");
  await says(/^\d+ bytes sealed; opened: for my eyes only$/mu);
  process.stderr.write(await log());
  console.log(JSON.stringify({ address, record }));
}

try {
  await main();
} finally {
  // With the processes that it has started: they write into the profile too.
  process.kill(-browser.pid!, "SIGKILL");
  await new Promise((done) => browser.once("close", done));
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
