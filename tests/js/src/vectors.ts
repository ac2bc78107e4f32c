// Writes ../testdata/cosmjs.json: what CosmJS signs for every message it can convert,
// in both sign modes, and multisig keys with their addresses. Deterministic.
import { writeFileSync } from "node:fs";
import {
  createMultisigThresholdPubkey,
  encodeSecp256k1Pubkey,
  makeSignDoc as makeAminoDoc,
  pubkeyToAddress,
  Secp256k1HdWallet,
  serializeSignDoc,
} from "@cosmjs/amino";
import { createWasmAminoConverters, wasmTypes } from "@cosmjs/cosmwasm";
import { Slip10RawIndex, type HdPath } from "@cosmjs/crypto";
import { fromHex, toBase64, toUtf8 } from "@cosmjs/encoding";
import { encodePubkey, makeAuthInfoBytes, makeSignBytes, makeSignDoc, Registry, type EncodeObject } from "@cosmjs/proto-signing";
import { AminoTypes, createDefaultAminoConverters, defaultRegistryTypes } from "@cosmjs/stargate";
import { Any } from "cosmjs-types/google/protobuf/any";
import { TextProposal, VoteOption } from "cosmjs-types/cosmos/gov/v1beta1/gov";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { DENOM, PREFIX, synergyAmino, synergyTypes } from "../../../sdk/js/src/messages.js";

const PHRASE = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const CHAIN = "synergy-<vector>&1";
const path = (i: number): HdPath =>
  [44, 118, 0].map((n) => Slip10RawIndex.hardened(n)).concat([0, i].map((n) => Slip10RawIndex.normal(n)));
const wallet = await Secp256k1HdWallet.fromMnemonic(PHRASE, { prefix: PREFIX, hdPaths: [0, 1, 2].map(path) });
const [alice, bob, carol] = await wallet.getAccounts();
const a = alice.address;
const b = bob.address;
const validator = "synergyvaloper19rl4cm2hmr8afy4kldpxz3fka4jguq0a6v9a2n";
const coin = (amount: string) => ({ denom: DENOM, amount });
const hash = fromHex("00ff".repeat(16));

const registry = new Registry([...defaultRegistryTypes, ...wasmTypes, ...synergyTypes]);
const amino = new AminoTypes({ ...createDefaultAminoConverters(), ...createWasmAminoConverters(), ...synergyAmino });

const staking = "/cosmos.staking.v1beta1.Msg";
const distribution = "/cosmos.distribution.v1beta1.Msg";
const gov = "/cosmos.gov.v1beta1.Msg";
const wasm = "/cosmwasm.wasm.v1.Msg";
const delegation = { delegatorAddress: a, validatorAddress: validator, amount: coin("17") };
const description = {
  moniker: "a <b> & \"c\"",
  // CosmJS keeps empty ones, which the SDK leaves out: such a signature is wrong there too.
  identity: "i",
  website: "https://example.org/?a=1&b=2",
  securityContact: "s",
  details: "línea\n\u0007",
};
const inner = toUtf8('{"b": [1, 2.5, "x<y"], "a": {"z": null, "amount": "340282366920938463463374607431768211455"}}');

const messages: EncodeObject[] = [
  { typeUrl: "/cosmos.bank.v1beta1.MsgSend", value: { fromAddress: a, toAddress: b, amount: [coin("1")] } },
  { typeUrl: "/cosmos.bank.v1beta1.MsgSend", value: { fromAddress: a, toAddress: b, amount: [] } },
  {
    typeUrl: "/cosmos.bank.v1beta1.MsgMultiSend",
    value: {
      inputs: [{ address: a, coins: [coin("3")] }],
      outputs: [
        { address: b, coins: [coin("1")] },
        { address: carol.address, coins: [coin("2")] },
      ],
    },
  },
  { typeUrl: `${staking}Delegate`, value: delegation },
  { typeUrl: `${staking}Undelegate`, value: delegation },
  { typeUrl: `${staking}CancelUnbondingDelegation`, value: { ...delegation, creationHeight: 123n } },
  {
    typeUrl: `${staking}BeginRedelegate`,
    value: { delegatorAddress: a, validatorSrcAddress: validator, validatorDstAddress: validator, amount: coin("5") },
  },
  {
    typeUrl: `${staking}CreateValidator`,
    value: {
      description,
      commission: { rate: "100000000000000000", maxRate: "1000000000000000000", maxChangeRate: "1" },
      minSelfDelegation: "1",
      delegatorAddress: a,
      validatorAddress: validator,
      pubkey: encodePubkey({ type: "tendermint/PubKeyEd25519", value: toBase64(hash) }),
      value: coin("1000"),
    },
  },
  {
    typeUrl: `${staking}EditValidator`,
    value: { description, validatorAddress: validator, commissionRate: "20000000000000000", minSelfDelegation: "2" },
  },
  { typeUrl: `${distribution}SetWithdrawAddress`, value: { delegatorAddress: a, withdrawAddress: b } },
  { typeUrl: `${distribution}WithdrawDelegatorReward`, value: { delegatorAddress: a, validatorAddress: validator } },
  { typeUrl: `${distribution}WithdrawValidatorCommission`, value: { validatorAddress: validator } },
  { typeUrl: `${distribution}FundCommunityPool`, value: { amount: [coin("9")], depositor: a } },
  { typeUrl: `${gov}Vote`, value: { proposalId: 7n, voter: a, option: VoteOption.VOTE_OPTION_YES } },
  {
    typeUrl: `${gov}VoteWeighted`,
    value: {
      proposalId: 7n,
      voter: a,
      options: [
        { option: VoteOption.VOTE_OPTION_YES, weight: "700000000000000000" },
        { option: VoteOption.VOTE_OPTION_NO_WITH_VETO, weight: "300000000000000000" },
      ],
    },
  },
  { typeUrl: `${gov}Deposit`, value: { proposalId: 7n, depositor: a, amount: [coin("10")] } },
  {
    typeUrl: `${gov}SubmitProposal`,
    value: {
      content: Any.fromPartial({
        typeUrl: "/cosmos.gov.v1beta1.TextProposal",
        value: TextProposal.encode(TextProposal.fromPartial({ title: "T & <t>", description: "d" })).finish(),
      }),
      initialDeposit: [coin("11")],
      proposer: a,
    },
  },
  {
    typeUrl: "/ibc.applications.transfer.v1.MsgTransfer",
    value: {
      sourcePort: "transfer",
      sourceChannel: "channel-0",
      token: coin("1"),
      sender: a,
      receiver: "cosmos1abc",
      timeoutHeight: { revisionNumber: 1n, revisionHeight: 200n },
      timeoutTimestamp: 0n,
      memo: "",
    },
  },
  {
    typeUrl: "/ibc.applications.transfer.v1.MsgTransfer",
    value: {
      sourcePort: "transfer",
      sourceChannel: "channel-0",
      token: coin("1"),
      sender: a,
      receiver: "cosmos1abc",
      timeoutHeight: { revisionNumber: 0n, revisionHeight: 0n },
      timeoutTimestamp: 1700000000000000000n,
      memo: '{"a":"b"}',
    },
  },
  {
    typeUrl: "/cosmos.vesting.v1beta1.MsgCreateVestingAccount",
    value: { fromAddress: a, toAddress: b, amount: [coin("1")], endTime: 1700000000n, delayed: true },
  },
  { typeUrl: `${wasm}StoreCode`, value: { sender: a, wasmByteCode: hash } },
  {
    typeUrl: `${wasm}InstantiateContract`,
    value: { sender: a, admin: "", codeId: 3n, label: "l", msg: inner, funds: [coin("1")] },
  },
  {
    typeUrl: `${wasm}InstantiateContract2`,
    value: { sender: a, admin: b, codeId: 3n, label: "l", msg: inner, funds: [], salt: hash, fixMsg: false },
  },
  { typeUrl: `${wasm}ExecuteContract`, value: { sender: a, contract: b, msg: inner, funds: [] } },
  { typeUrl: `${wasm}MigrateContract`, value: { sender: a, contract: b, codeId: 4n, msg: toUtf8("{}") } },
  { typeUrl: `${wasm}UpdateAdmin`, value: { sender: a, newAdmin: b, contract: b } },
  { typeUrl: `${wasm}ClearAdmin`, value: { sender: a, contract: b } },
  {
    typeUrl: "/synergy.aivm.v1.MsgInfer",
    value: { sender: a, model_id: hash, inputs: [{ name: "x", dtype: "f32", shape: [1n, 2n], data: hash }] },
  },
  {
    typeUrl: "/synergy.modelregistry.v1.MsgCreateModel",
    value: { owner: a, name: "n", content_hash: hash, size: 99n, bindings: [{ dimension: "x:0", size: 1n }] },
  },
  { typeUrl: "/synergy.modelregistry.v1.MsgUploadChunk", value: { owner: a, model_id: hash, index: 0, data: hash } },
  { typeUrl: "/synergy.modelregistry.v1.MsgUploadChunk", value: { owner: a, model_id: hash, index: 7, data: hash } },
  { typeUrl: "/synergy.modelregistry.v1.MsgSealModel", value: { owner: a, model_id: hash } },
  { typeUrl: "/synergy.auth.v1.MsgPublishKemKey", value: { address: a, kem_key: hash } },
];

const pubkey = encodeSecp256k1Pubkey(alice.pubkey);

/** The documents of one transaction, in both modes. */
function document(name: string, parts: EncodeObject[], memo: string, timeoutHeight?: bigint, granter?: string, payer?: string) {
  const fee = { amount: [coin("2000")], gas: "200000", granter, payer };
  const body = registry.encodeTxBody({ messages: parts, memo, timeoutHeight });
  const auth = (mode: SignMode) =>
    makeAuthInfoBytes([{ pubkey: encodePubkey(pubkey), sequence: 5 }], fee.amount, 200000, granter, payer, mode);
  const direct = auth(SignMode.SIGN_MODE_DIRECT);
  const aminoDoc = makeAminoDoc(parts.map((m) => amino.toAmino(m)), fee, CHAIN, memo, 12, 5, timeoutHeight);
  return {
    name,
    body: toBase64(body),
    auth_info_direct: toBase64(direct),
    auth_info_amino: toBase64(auth(SignMode.SIGN_MODE_LEGACY_AMINO_JSON)),
    sign_bytes_direct: toBase64(makeSignBytes(makeSignDoc(body, direct, CHAIN, 12))),
    sign_bytes_amino: new TextDecoder().decode(serializeSignDoc(aminoDoc)),
  };
}

const documents = messages.map((message, i) => document(`${i} ${message.typeUrl.slice(1)}`, [message], ""));
documents.push(document("memo and timeout", [messages[0], messages[3]], 'm <"&>\t', 77n));
documents.push(document("granter and payer", [messages[0]], "", undefined, b, a));

const keys = [alice, bob, carol].map((account) => encodeSecp256k1Pubkey(account.pubkey));
const multisigs = [1, 2, 3].map((threshold) => {
  const key = createMultisigThresholdPubkey(keys, threshold, true);
  return { threshold, address: pubkeyToAddress(key, PREFIX), any: toBase64(encodePubkey(key).value) };
});

const out = { chain_id: CHAIN, account_number: 12, sequence: 5, documents, multisigs };
writeFileSync(new URL("../../testdata/cosmjs.json", import.meta.url), JSON.stringify(out, null, 1) + "\n");
