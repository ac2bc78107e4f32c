// Contracts as a dapp uses them: CosmJS against a running chain. scripts/e2e/contracts.sh
// starts the chain and sets the environment.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { instantiate2Address, SigningCosmWasmClient } from "@cosmjs/cosmwasm";
import { fromHex, toBase64, toUtf8 } from "@cosmjs/encoding";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { GasPrice } from "@cosmjs/stargate";

const DENOM = "asnrg";
const need = (name) => process.env[name] ?? assert.fail(`${name} is not set: run scripts/e2e/contracts.sh`);
const coins = (amount) => [{ denom: DENOM, amount: String(amount) }];
const wasm = (path) => new Uint8Array(readFileSync(`${need("SYNERGY_TOOLS")}/${path}.wasm`));
const attributes = (result, type) =>
  Object.fromEntries(result.events.filter((e) => e.type === type).flatMap((e) => e.attributes.map((a) => [a.key, a.value])));

/** Rich and signing. */
let client, alice;
/** Holds nothing until it is paid. */
let bob;

before(async () => {
  const prefix = "synergy";
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(need("SYNERGY_MNEMONIC"), { prefix });
  [{ address: alice }] = await wallet.getAccounts();
  [{ address: bob }] = await (await DirectSecp256k1HdWallet.generate(12, { prefix })).getAccounts();
  client = await SigningCosmWasmClient.connectWithSigner(`http://${need("SYNERGY_RPC")}`, wallet, {
    gasPrice: GasPrice.fromString(`2000000000${DENOM}`),
    broadcastPollIntervalMs: 200,
  });
});

after(() => client.disconnect());

/** Stores a contract and makes an instance of it. */
async function make(path, msg, funds = []) {
  const { codeId } = await client.upload(alice, wasm(path), "auto");
  const options = { admin: alice, funds };
  const { contractAddress } = await client.instantiate(alice, codeId, msg, "test", "auto", options);
  return { codeId, contractAddress };
}

test("hackatom: upload, instantiate, query, execute, migrate, admin", async () => {
  const binary = wasm("wasm/wasmd/hackatom");
  const { codeId, contractAddress } = await make("wasm/wasmd/hackatom", { verifier: alice, beneficiary: bob }, coins(700));
  const details = await client.getCodeDetails(codeId);
  assert.deepEqual(details.data, binary);
  assert.equal(details.creator, alice);
  assert.deepEqual(await client.getContracts(codeId), [contractAddress]);
  assert.deepEqual(await client.queryContractSmart(contractAddress, { verifier: {} }), { verifier: alice });
  assert.ok((await client.queryContractRaw(contractAddress, toUtf8("config"))).length > 0);
  assert.ok(!(await client.queryContractRaw(contractAddress, toUtf8("nothing")))?.length);

  const released = await client.execute(alice, contractAddress, { release: {} }, "auto");
  assert.equal(attributes(released, "wasm").action, "release");
  assert.equal((await client.getBalance(bob, DENOM)).amount, "700");

  await client.migrate(alice, contractAddress, codeId, { verifier: bob }, "auto");
  assert.deepEqual(await client.queryContractSmart(contractAddress, { verifier: {} }), { verifier: bob });
  assert.deepEqual((await client.getContractCodeHistory(contractAddress)).map((entry) => entry.operation), ["Init", "Migrate"]);
  await assert.rejects(client.execute(alice, contractAddress, { release: {} }, "auto"), /Unauthorized/);
  await client.updateAdmin(alice, contractAddress, bob, "auto");
  assert.equal((await client.getContract(contractAddress)).admin, bob);
  await assert.rejects(client.clearAdmin(alice, contractAddress, "auto"), /unauthorized|admin/);
});

test("instantiate2 gives the address that CosmJS foretells", async () => {
  const { codeId, checksum } = await client.upload(alice, wasm("contracts/cw20_base"), "auto");
  const salt = toUtf8("salt");
  const expected = instantiate2Address(fromHex(checksum), alice, salt, "synergy");
  const token = { name: "Token", symbol: "TOK", decimals: 6, initial_balances: [{ address: alice, amount: "100" }] };
  const { contractAddress } = await client.instantiate2(alice, codeId, salt, token, "token", "auto");
  assert.equal(contractAddress, expected);
  const many = [1, 2, 3].map((n) => ({ contractAddress, msg: { transfer: { recipient: bob, amount: String(n) } } }));
  await client.executeMultiple(alice, many, "auto");
  assert.deepEqual(await client.queryContractSmart(contractAddress, { balance: { address: bob } }), { balance: "6" });
});

test("a contract asks a model and pays in one transaction", async () => {
  const config = { model: need("SYNERGY_SENTIMENT"), threshold: 9000, reward: coins(500)[0] };
  const { contractAddress } = await make("contracts/sentiment_gate", config, coins(500));
  const score = await client.queryContractSmart(contractAddress, { score: { text: "The room was not bad" } });
  assert.deepEqual(score, { score: 9949 });
  const bad = await client.execute(alice, contractAddress, { review: { text: "The food was awful" } }, "auto");
  assert.equal(attributes(bad, "wasm").paid, "false");
  const good = await client.execute(alice, contractAddress, { review: { text: "Great team, I love this product!" } }, "auto");
  assert.deepEqual([attributes(good, "wasm").score, attributes(good, "wasm").paid], ["9981", "true"]);
  assert.equal((await client.getBalance(contractAddress, DENOM)).amount, "0");
});

test("an escrow pays on a recorded inference", async () => {
  const seven = [
    0, 0, 7, 8, 13, 16, 15, 1, 0, 0, 7, 7, 4, 11, 12, 0, 0, 0, 0, 0, 8, 13, 1, 0, 0, 4, 8, 8, 15, 15, 6, 0, 0, 2, 11, 15, 15,
    4, 0, 0, 0, 0, 0, 16, 5, 0, 0, 0, 0, 0, 9, 15, 1, 0, 0, 0, 0, 0, 13, 5, 0, 0, 0, 0,
  ];
  const terms = { seller: alice, model: need("SYNERGY_DIGITS"), input: "pixels", shape: [1, 64], output: "label", expected: 7 };
  const deadline = "9000000000000000000";
  const { contractAddress } = await make("contracts/verdict_escrow", { ...terms, deadline }, coins(900));
  const work = toBase64(Uint8Array.from(seven));
  const delivered = await client.execute(alice, contractAddress, { deliver: { work } }, "auto");
  assert.equal(attributes(delivered, "wasm").accepted, "true");
  const { status, last_record } = (await client.queryContractSmart(contractAddress, { escrow: {} }));
  assert.equal(status, "paid");
  assert.equal(String(last_record), attributes(delivered, "infer").record_id);
});

test("payments are held, and a model learns", async () => {
  const scorer = await make("contracts/fraud_scorer", { model: need("SYNERGY_FRAUD"), threshold: 5000 });
  await client.execute(alice, scorer.contractAddress, { pay: { to: bob } }, "auto", "", coins(1_000_000));
  const coin = coins("1000000000000000")[0];
  const { score } = await client.queryContractSmart(scorer.contractAddress, { score: { from: alice, to: alice, coin } });
  assert.ok(score > 9000, `a huge payment to a stranger scores ${score}`);

  const one = 2 ** 20;
  const learner = (await make("contracts/online_learner", { features: 1, rate_shift: 1 })).contractAddress;
  const examples = Array.from({ length: 40 }, (_, i) => (i % 2 ? one : -one));
  const learn = (x) => ({ contractAddress: learner, msg: { learn: { features: [x], target: 3 * x + one } } });
  await client.executeMultiple(alice, examples.map(learn), "auto");
  const { prediction } = await client.queryContractSmart(learner, { predict: { features: [2 * one] } });
  assert.ok(Math.abs(prediction - 7 * one) < one / 1000, String(prediction));
});
