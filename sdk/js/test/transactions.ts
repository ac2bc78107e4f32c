// Writes tests/testdata/sdk-js.json: one transaction signed by every scheme in both sign
// modes. Deterministic; `app/tests/cli.rs` has the command line sign the same.
import { readFileSync, writeFileSync } from "node:fs";
import { makeSignDoc as makeAminoDoc } from "@cosmjs/amino";
import { fromBase64, toBase64 } from "@cosmjs/encoding";
import { makeAuthInfoBytes, makeSignDoc, Registry } from "@cosmjs/proto-signing";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { SCHEMES, Signer } from "../src/index.js";

const PHRASE = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const TO = "synergy1qyqszqgpqyqszqgpqyqszqgpqyqszqgpxg0pwe";
const [CHAIN, NUMBER, SEQUENCE, GAS, MEMO] = ["synergy-<vector>&1", 12, 5, 200000, "a <note> & more"];
const fee = { amount: [{ denom: "asnrg", amount: "2000" }], gas: String(GAS) };
const registry = new Registry([["/cosmos.bank.v1beta1.MsgSend", MsgSend]]);

async function transactions() {
  const signed = [];
  for (const scheme of SCHEMES) {
    const signer = Signer.fromMnemonic(PHRASE, scheme);
    const amount = [{ denom: "asnrg", amount: "1" }];
    const value = { fromAddress: signer.address, toAddress: TO, amount };
    const bodyBytes = TxBody.encode(
      TxBody.fromPartial({ messages: [registry.encodeAsAny({ typeUrl: "/cosmos.bank.v1beta1.MsgSend", value })], memo: MEMO }),
    ).finish();
    const authInfo = (mode: SignMode) =>
      makeAuthInfoBytes([{ pubkey: signer.key.any, sequence: SEQUENCE }], fee.amount, GAS, undefined, undefined, mode);
    const raw = (authInfoBytes: Uint8Array, signature: string) =>
      toBase64(TxRaw.encode({ bodyBytes, authInfoBytes, signatures: [fromBase64(signature)] }).finish());
    const direct = authInfo(SignMode.SIGN_MODE_DIRECT);
    const first = await signer.signDirect(signer.address, makeSignDoc(bodyBytes, direct, CHAIN, NUMBER));
    const message = { type: "cosmos-sdk/MsgSend", value: { from_address: signer.address, to_address: TO, amount } };
    const document = makeAminoDoc([message], fee, CHAIN, MEMO, NUMBER, SEQUENCE);
    const second = await signer.signAmino(signer.address, document);
    signed.push({
      scheme,
      address: signer.address,
      direct: raw(direct, first.signature.signature),
      "amino-json": raw(authInfo(SignMode.SIGN_MODE_LEGACY_AMINO_JSON), second.signature.signature),
    });
  }
  return { phrase: PHRASE, to: TO, chain_id: CHAIN, account_number: NUMBER, sequence: SEQUENCE, gas: GAS, note: MEMO, transactions: signed };
}

/** The file's text as this code writes it. */
export const text = async () => `${JSON.stringify(await transactions(), null, 1)}\n`;
export const FILE = new URL("../../../tests/testdata/sdk-js.json", import.meta.url);
export const committed = () => readFileSync(FILE, "utf8");

if (process.argv[2] === "--write") writeFileSync(FILE, await text());
