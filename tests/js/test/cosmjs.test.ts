// CosmJS as a dapp uses it, against a running chain.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { createMultisigThresholdPubkey, pubkeyToAddress, Secp256k1HdWallet, type SinglePubkey } from "@cosmjs/amino";
import { fromHex, toHex } from "@cosmjs/encoding";
import { assertIsDeliverTxSuccess, BroadcastTxError, makeMultisignedTxBytes, StargateClient, TimeoutError } from "@cosmjs/stargate";
import { Comet38Client, connectComet } from "@cosmjs/tendermint-rpc";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { QueryAccountsRequest, QueryAccountsResponse } from "cosmjs-types/cosmos/auth/v1beta1/query";
import { QueryBalanceRequest, QueryBalanceResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { client, coin, connect, fee, fund, RPC } from "../src/net.js";
import { DENOM, PREFIX } from "../../../sdk/js/src/messages.js";
import { record, save } from "../src/report.js";

type Client = Awaited<ReturnType<typeof client>>;
let direct: Client;
let amino: Client;
let reader: StargateClient;
let comet: Comet38Client;

/** A row of the table: what was asked, and the answer when the check passed. */
async function asks(method: string, answer: string, check: () => Promise<void>): Promise<void> {
  await check();
  record("CosmJS 0.38", method, answer);
}

async function refusal(attempt: Promise<unknown>): Promise<BroadcastTxError> {
  const error = await attempt.then(
    () => assert.fail("it was accepted"),
    (e) => e,
  );
  assert.ok(error instanceof BroadcastTxError, String(error));
  return error;
}

before(async () => {
  direct = await client("direct");
  amino = await client("amino");
  reader = await StargateClient.connect(RPC);
  comet = (await connectComet(RPC)) as Comet38Client;
  await fund(direct.address);
  await fund(amino.address);
});

after(() => {
  for (const each of [direct.stargate, amino.stargate, reader, comet]) each.disconnect();
  save("cosmjs");
});

test("the chain introduces itself", async () => {
  await asks("connect (status)", "chain id, height", async () => {
    assert.match(await reader.getChainId(), /^synergy-/);
    assert.ok((await reader.getHeight()) > 0);
  });
  await asks("getBlock", "latest and by height", async () => {
    assert.equal((await reader.getBlock(2)).header.height, 2);
    assert.ok((await reader.getBlock()).header.height >= 2);
  });
});

test("accounts of every key type can be read", async () => {
  const accounts = (process.env.SYNERGY_ACCOUNTS ?? "").split(",").filter(Boolean);
  assert.ok(accounts.length >= 7, "the driver names one account per key type");
  for (const entry of accounts) {
    const [type, address] = entry.split("=");
    const known = ["secp256k1", "eth_secp256k1", "ed25519"].includes(type);
    await asks(`getAccount, ${type}`, known ? "number, sequence, key" : "number, sequence; key empty", async () => {
      const account = await reader.getAccount(address);
      assert.equal(account?.sequence, 1, type);
      assert.equal(account?.pubkey !== null, known, type);
    });
  }
  await asks("getAccount, unknown address", "null", async () => {
    const { address } = await client("direct");
    assert.equal(await reader.getAccount(address), null);
  });
});

for (const mode of ["direct", "amino"] as const) {
  test(`sends in ${mode} mode`, async () => {
    const from = mode === "direct" ? direct : amino;
    const { address: to } = await client("direct");
    await asks(`sendTokens, ${mode}`, "code 0", async () => {
      const result = await from.stargate.sendTokens(from.address, to, [coin(5)], fee(200_000), "a <memo> & more");
      assertIsDeliverTxSuccess(result);
      assert.deepEqual(await reader.getBalance(to, DENOM), coin(5));
    });
    await asks(`sendTokens with fee "auto" (Simulate), ${mode}`, "code 0", async () => {
      assertIsDeliverTxSuccess(await from.stargate.sendTokens(from.address, to, [coin(5)], "auto"));
    });
    await asks(`MsgMultiSend, ${mode}`, "code 0", async () => {
      const value = { inputs: [{ address: from.address, coins: [coin(2)] }], outputs: [{ address: to, coins: [coin(2)] }] };
      const message = { typeUrl: "/cosmos.bank.v1beta1.MsgMultiSend", value };
      assertIsDeliverTxSuccess(await from.stargate.signAndBroadcast(from.address, [message], fee(300_000)));
    });
    await asks(`synergy.modelregistry.v1.MsgCreateModel, ${mode}`, "code 0", async () => {
      const hash = crypto.getRandomValues(new Uint8Array(32));
      const value = { owner: from.address, name: "a model", content_hash: hash, size: 10n, bindings: [] };
      const message = { typeUrl: "/synergy.modelregistry.v1.MsgCreateModel", value };
      assertIsDeliverTxSuccess(await from.stargate.signAndBroadcast(from.address, [message], fee(1_000_000)));
    });
  });
}

test("two of three members spend from a multisig account", async () => {
  const wallets = await Promise.all([0, 1, 2].map(() => Secp256k1HdWallet.generate(12, { prefix: PREFIX })));
  const members = await Promise.all(
    wallets.map(async (wallet) => ({ ...(await connect(wallet)), account: (await wallet.getAccounts())[0] })),
  );
  const { encodeSecp256k1Pubkey } = await import("@cosmjs/amino");
  const keys: SinglePubkey[] = members.map((m) => encodeSecp256k1Pubkey(m.account.pubkey));
  const key = createMultisigThresholdPubkey(keys, 2);
  const address = pubkeyToAddress(key, PREFIX);
  await fund(address);
  const { address: to } = await client("direct");
  const pay = async (signers: typeof members) => {
    const account = await reader.getAccount(address);
    assert.ok(account);
    const signing = { accountNumber: account.accountNumber, sequence: account.sequence, chainId: await reader.getChainId() };
    const message = { typeUrl: "/cosmos.bank.v1beta1.MsgSend", value: { fromAddress: address, toAddress: to, amount: [coin(7)] } };
    const parts = await Promise.all(
      signers.map(async (m) => ({ m, raw: await m.stargate.sign(m.address, [message], fee(300_000), "multi", signing) })),
    );
    const signatures = new Map(parts.map(({ m, raw }) => [m.address, raw.signatures[0]] as const));
    return makeMultisignedTxBytes(key, account.sequence, fee(300_000), parts[0].raw.bodyBytes, signatures);
  };
  await asks("multisig 2 of 3 (makeMultisignedTxBytes)", "code 0", async () => {
    assertIsDeliverTxSuccess(await reader.broadcastTx(await pay(members.slice(0, 2)), 30_000, 200));
    assertIsDeliverTxSuccess(await reader.broadcastTx(await pay(members.slice(1)), 30_000, 200));
    assert.deepEqual(await reader.getBalance(to, DENOM), coin(14));
  });
  await asks("getAccount, multisig", "number, sequence, key", async () => {
    assert.equal((await reader.getAccount(address))?.pubkey?.type, "tendermint/PubKeyMultisigThreshold");
  });
  await asks("multisig with one signature", "code 4", async () => {
    const error = await refusal(reader.broadcastTxSync(await pay(members.slice(0, 1))));
    assert.equal(error.code, 4);
  });
  members.forEach((m) => m.stargate.disconnect());
});

test("wrong transactions are refused with the SDK's codes", async () => {
  const message = (amount: string) => ({
    typeUrl: "/cosmos.bank.v1beta1.MsgSend",
    value: { fromAddress: direct.address, toAddress: amino.address, amount: [coin(amount)] },
  });
  const { accountNumber, sequence } = await reader.getSequence(direct.address);
  const chainId = await reader.getChainId();
  const sign = async (data: object, amount = "1", pays = fee(200_000)) => {
    const signing = { accountNumber, sequence, chainId, ...data };
    return TxRaw.encode(await direct.stargate.sign(direct.address, [message(amount)], pays, "", signing)).finish();
  };
  await asks("broadcast, wrong sequence", "code 32, account sequence mismatch, expected E, got G", async () => {
    const error = await refusal(reader.broadcastTxSync(await sign({ sequence: sequence + 3 })));
    assert.equal(error.code, 32);
    assert.ok(error.log?.includes(`account sequence mismatch, expected ${sequence}, got ${sequence + 3}`), error.log);
  });
  await asks("broadcast, wrong chain id", "code 4", async () => {
    assert.equal((await refusal(reader.broadcastTxSync(await sign({ chainId: "other-1" })))).code, 4);
  });
  await asks("broadcast, fee too small", "code 13", async () => {
    const low = { amount: [coin(1)], gas: "200000" };
    assert.equal((await refusal(reader.broadcastTxSync(await sign({}, "1", low)))).code, 13);
  });
  await asks("broadcast, no transaction", "code 2", async () => {
    assert.equal((await refusal(reader.broadcastTxSync(fromHex("00ff")))).code, 2);
  });
  await asks("broadcast, more than the balance", "code 5 in the block", async () => {
    const result = await reader.broadcastTx(await sign({}, "9".repeat(30)), 30_000, 200);
    assert.equal(result.code, 5);
  });
  await asks("simulate, more than the balance", "error with the text of code 5", async () => {
    await assert.rejects(direct.stargate.simulate(direct.address, [message("9".repeat(30))], ""), /insufficient funds|smaller than/);
  });
  assert.notEqual(TimeoutError, undefined);
});

test("transactions are found by hash and by events", async () => {
  const { address: to } = await client("direct");
  const sent = await direct.stargate.sendTokens(direct.address, to, [coin(3)], fee(200_000));
  await asks("getTx", "the transaction with events and messages' responses", async () => {
    const found = await reader.getTx(sent.transactionHash);
    assert.equal(found?.code, 0);
    assert.equal(found?.msgResponses[0].typeUrl, "/cosmos.bank.v1beta1.MsgSendResponse");
  });
  await asks("getTx, unknown hash", "null", async () => {
    assert.equal(await reader.getTx("00".repeat(32)), null);
  });
  await asks("searchTx by transfer.recipient", "one transaction", async () => {
    const found = await reader.searchTx([{ key: "transfer.recipient", value: to }]);
    assert.deepEqual(found.map((tx) => tx.hash), [sent.transactionHash]);
  });
  await asks("searchTx by message.sender", "all of the sender's", async () => {
    assert.ok((await reader.searchTx([{ key: "message.sender", value: direct.address }])).length > 3);
  });
});

test("old states can be asked for as long as they are kept", async () => {
  const path = "/cosmos.bank.v1beta1.Query/Balance";
  const data = QueryBalanceRequest.encode({ address: direct.address, denom: DENOM }).finish();
  const at = async (height: number) => comet.abciQuery({ path, data, height });
  const now = await reader.getHeight();
  const before = QueryBalanceResponse.decode((await at(now)).value).balance;
  await direct.stargate.sendTokens(direct.address, amino.address, [coin(1)], fee(200_000));
  await asks("abci_query at an old height", "the state of then", async () => {
    const answer = await at(now);
    assert.deepEqual(QueryBalanceResponse.decode(answer.value).balance, before);
    assert.equal(answer.height, now);
    assert.notDeepEqual(QueryBalanceResponse.decode((await at(0)).value).balance, before);
  });
  await asks("abci_query at a height to come", "code 18", async () => {
    assert.equal((await at(now + 1_000_000)).code, 18);
  });
  await asks("abci_query at a height no longer kept", "code 18", async () => {
    for (let tries = 0; (await reader.getHeight()) < 40; tries++) {
      assert.ok(tries < 120, "blocks come");
      await direct.stargate.sendTokens(direct.address, amino.address, [coin(1)], fee(200_000));
    }
    const answer = await at(1);
    assert.equal(answer.code, 18, answer.log);
  });
  await asks("abci_query of an unknown path", "code 6", async () => {
    assert.equal((await comet.abciQuery({ path: "/cosmos.none.v1.Query/Nothing", data: new Uint8Array() })).code, 6);
  });
});

test("pages lead to the last entry", async () => {
  await asks("auth Accounts by pages of 2", "every account once", async () => {
    const seen: string[] = [];
    let key = new Uint8Array();
    do {
      const pagination = { key, offset: 0n, limit: 2n, countTotal: false, reverse: false };
      const data = QueryAccountsRequest.encode({ pagination }).finish();
      const answer = await comet.abciQuery({ path: "/cosmos.auth.v1beta1.Query/Accounts", data });
      const page = QueryAccountsResponse.decode(answer.value);
      assert.ok(page.accounts.length <= 2);
      seen.push(...page.accounts.map((any) => toHex(any.value)));
      key = new Uint8Array(page.pagination?.nextKey ?? []);
    } while (key.length > 0);
    assert.ok(seen.length > 8);
    assert.equal(new Set(seen).size, seen.length);
  });
});
