// A node's REST API: sends what any `OfflineDirectSigner` signs, with public keys that
// CosmJS's own client would refuse.
import { fromBase64, fromHex, toBase64, toHex } from "@cosmjs/encoding";
import { type EncodeObject, makeAuthInfoBytes, makeSignDoc, Registry } from "@cosmjs/proto-signing";
import { sha256 } from "@noble/hashes/sha2.js";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { DENOM, decode, responses, synergyTypes, type Tensor } from "./messages.js";
import { kemPublicKey, open, seal } from "./sealed.js";
import type { Signer } from "./signer.js";

export interface Endpoint {
  /** The node's REST API, e.g. http://127.0.0.1:1317. */
  readonly rest: string;
}

export interface SendOptions {
  /** Gas limit; left out, it is simulated and a fifth added. */
  readonly gas?: number;
  readonly memo?: string;
}

/** A transaction in a block. */
export interface Result {
  readonly hash: string;
  readonly height: bigint;
  readonly gasUsed: bigint;
  /** The messages' responses, in order. */
  readonly responses: readonly { readonly typeUrl: string; readonly value: Uint8Array }[];
}

export class Client {
  readonly registry = new Registry([["/cosmos.bank.v1beta1.MsgSend", MsgSend], ...synergyTypes]);
  private readonly rest: string;
  private chainId?: string;

  constructor({ rest }: Endpoint) {
    this.rest = rest.replace(/\/+$/u, "");
  }

  /** Asks the REST API; an answer with another status than 200 is an error. */
  async ask(path: string, body?: object): Promise<any> {
    const init = body && { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const reply = await fetch(this.rest + path, init || undefined).catch((e: unknown) => {
      throw new Error(`cannot reach ${this.rest} (${e}): is the node's REST API on ([api] in app.toml)?`);
    });
    const answer = await reply.json();
    if (!reply.ok) throw new ApiError(answer.message ?? `HTTP ${reply.status}`, reply.status);
    return answer;
  }

  /** Coins of an account in asnrg, 10⁻¹⁸ SNRG. */
  async balance(address: string): Promise<bigint> {
    const { balance } = await this.ask(`/cosmos/bank/v1beta1/balances/${address}/by_denom?denom=${DENOM}`);
    return BigInt(balance.amount);
  }

  /** Signs messages, sends them and waits until they are in a block. */
  async send(signer: Signer, messages: readonly EncodeObject[], options: SendOptions = {}): Promise<Result> {
    const { info } = await this.ask(`/cosmos/auth/v1beta1/account_info/${signer.address}`).catch((e: unknown) => {
      if (!(e instanceof ApiError) || e.status !== 404) throw e;
      throw new Error(`${signer.address} has no account yet: it gets one when somebody sends it coins`);
    });
    const sequence = Number(info.sequence);
    this.chainId ??= (await this.ask("/cosmos/base/tendermint/v1beta1/node_info")).default_node_info.network as string;
    const bodyBytes = TxBody.encode(
      TxBody.fromPartial({ messages: messages.map((m) => this.registry.encodeAsAny(m)), memo: options.memo ?? "" }),
    ).finish();
    const authInfo = (gas: number, fee: bigint) =>
      makeAuthInfoBytes([{ pubkey: signer.key.any, sequence }], fee ? [{ denom: DENOM, amount: String(fee) }] : [], gas, undefined, undefined);
    const gas = options.gas ?? Math.ceil((await this.simulate(bodyBytes, authInfo(0, 0n), signer)) * 1.2);
    const price = BigInt((await this.ask("/synergy/feemarket/v1/base_fee")).base_fee);
    const authInfoBytes = authInfo(gas, (price + (price + 4n) / 5n) * BigInt(gas));
    const document = makeSignDoc(bodyBytes, authInfoBytes, this.chainId, Number(info.account_number));
    const { signed, signature } = await signer.signDirect(signer.address, document);
    const { bodyBytes: body, authInfoBytes: auth } = signed;
    const tx = TxRaw.encode({ bodyBytes: body, authInfoBytes: auth, signatures: [fromBase64(signature.signature)] }).finish();
    return this.broadcast(tx);
  }

  private async simulate(bodyBytes: Uint8Array, authInfoBytes: Uint8Array, signer: Signer): Promise<number> {
    const signatures = [new Uint8Array(signer.key.sign(new Uint8Array()).length)];
    const tx = TxRaw.encode({ bodyBytes, authInfoBytes, signatures }).finish();
    const { gas_info } = await this.ask("/cosmos/tx/v1beta1/simulate", { tx_bytes: toBase64(tx) });
    return Number(gas_info.gas_used);
  }

  /** Sends a signed transaction and waits until it is in a block. */
  async broadcast(tx: Uint8Array): Promise<Result> {
    const request = { tx_bytes: toBase64(tx), mode: "BROADCAST_MODE_SYNC" };
    const { tx_response: checked } = await this.ask("/cosmos/tx/v1beta1/txs", request);
    if (checked.code !== 0) throw new Error(`the node refused the transaction: ${checked.raw_log} (${checked.codespace} ${checked.code})`);
    const hash = toHex(sha256(tx)).toUpperCase();
    for (let tries = 0; tries < 300; tries++) {
      const found = await this.ask(`/cosmos/tx/v1beta1/txs/${hash}`).catch((e: unknown) => {
        if (e instanceof ApiError && e.status === 404) return undefined;
        throw e;
      });
      if (found) return result(hash, found.tx_response);
      await new Promise((done) => setTimeout(done, 200));
    }
    throw new Error(`transaction ${hash} is in no block after a minute: it may still come`);
  }

  /** Sends coins, in asnrg. */
  transfer(signer: Signer, to: string, amount: bigint): Promise<Result> {
    const value = { fromAddress: signer.address, toAddress: to, amount: [{ denom: DENOM, amount: String(amount) }] };
    return this.send(signer, [{ typeUrl: "/cosmos.bank.v1beta1.MsgSend", value }]);
  }

  /** Creates, uploads and seals a model; goes on with a draft of the signer's, and takes a sealed one of the signer's, or an active one that is free and open to all, as it is. Returns its id in hexadecimal. */
  async publishModel(
    signer: Signer,
    model: { readonly name: string; readonly onnx: Uint8Array; readonly bindings?: Readonly<Record<string, number>> },
  ): Promise<string> {
    const { name, onnx } = model;
    const owner = signer.address;
    const bindings = Object.entries(model.bindings ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([dimension, size]) => ({ dimension, size }));
    const content_hash = sha256(onnx);
    const found = await this.findModel(owner, content_hash, bindings);
    if (found && found.status !== "STATUS_DRAFT") return found.id.toLowerCase();
    let id: string = found?.id.toLowerCase();
    if (!id) {
      const value = { owner, name, content_hash, size: onnx.length, bindings };
      const created = await this.send(signer, [{ typeUrl: "/synergy.modelregistry.v1.MsgCreateModel", value }]);
      id = toHex(decode(responses["/synergy.modelregistry.v1.MsgCreateModelResponse"], created.responses[0].value).model_id);
    }
    const model_id = fromHex(id);
    const chunk = Number((await this.ask(`/synergy/modelregistry/v1/models/${id}`)).model.chunk_bytes);
    const { indices } = await this.ask(`/synergy/modelregistry/v1/models/${id}/missing`);
    for (const index of indices) {
      const value = { owner, model_id, index, data: onnx.slice(index * chunk, (index + 1) * chunk) };
      await this.send(signer, [{ typeUrl: "/synergy.modelregistry.v1.MsgUploadChunk", value }]);
    }
    await this.send(signer, [{ typeUrl: "/synergy.modelregistry.v1.MsgSealModel", value: { owner, model_id } }]);
    return id;
  }

  /** A model of the owner's, or one that everybody may run for nothing. */
  private async findModel(owner: string, contentHash: Uint8Array, bindings: readonly { dimension: string; size: number }[]): Promise<any> {
    const wanted = JSON.stringify([toHex(contentHash), bindings.map(({ dimension, size }) => [dimension, String(size)])]);
    for (let key = ""; ; ) {
      const { models, pagination } = await this.ask(`/synergy/modelregistry/v1/models?pagination.limit=100&pagination.key=${encodeURIComponent(key)}`);
      const of = (m: any) => JSON.stringify([m.content_hash.toLowerCase(), m.bindings.map((b: any) => [b.dimension, b.size])]);
      const open = (m: any) => m.status === "STATUS_ACTIVE" && !m.frozen && !m.terms?.restricted && !BigInt(m.terms?.price || 0);
      const own = (m: any) => m.owner === owner && m.status !== "STATUS_DEPRECATED" && !m.frozen && !m.assets.length;
      const found = models.find((m: any) => of(m) === wanted && (own(m) || open(m)));
      key = pagination.next_key ?? "";
      if (found || !key) return found;
    }
  }

  /** Runs a model in a transaction: a provable record and the outputs. */
  async infer(signer: Signer, modelId: string, inputs: readonly Tensor[]): Promise<Result & { recordId: bigint; outputs: Tensor[] }> {
    const value = { sender: signer.address, model_id: fromHex(modelId), inputs };
    const sent = await this.send(signer, [{ typeUrl: "/synergy.aivm.v1.MsgInfer", value }]);
    const { record_id, outputs } = decode(responses["/synergy.aivm.v1.MsgInferResponse"], sent.responses[0].value);
    return { ...sent, recordId: record_id, outputs };
  }

  /** Publishes the KEM key to which others seal payloads for the signer. */
  publishKemKey(signer: Signer): Promise<Result> {
    const value = { address: signer.address, kem_key: kemPublicKey(signer.key.kemSeed) };
    return this.send(signer, [{ typeUrl: "/synergy.auth.v1.MsgPublishKemKey", value }]);
  }

  /** Seals a payload to an account that has published its KEM key; the node's word is taken for the key. */
  async sealTo(address: string, payload: Uint8Array): Promise<Uint8Array> {
    const { kem_key } = await this.ask(`/synergy/auth/v1/kem_keys/${address}`).catch((e: unknown) => {
      if (!(e instanceof ApiError) || e.status !== 404) throw e;
      throw new Error(`${address} has published no KEM key: its owner does that with publishKemKey`);
    });
    return seal(fromBase64(kem_key), payload);
  }

  /** Opens a payload that was sealed to the signer. */
  open(signer: Signer, sealed: Uint8Array): Uint8Array {
    return open(signer.key.kemSeed, sealed);
  }
}

/** What the node answered when it refused a request. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

function result(hash: string, found: any): Result {
  if (found.code !== 0) throw new Error(`transaction ${hash} failed: ${found.raw_log} (${found.codespace} ${found.code})`);
  const { msgResponses } = TxMsgData.decode(fromHex(found.data));
  return { hash, height: BigInt(found.height), gasUsed: BigInt(found.gas_used), responses: msgResponses };
}
