// Signers in the shape of CosmJS's `OfflineDirectSigner` and `OfflineAminoSigner`, for
// keys that CosmJS has no wallet for.
import { type AminoSignResponse, type OfflineAminoSigner, serializeSignDoc, type StdSignature, type StdSignDoc } from "@cosmjs/amino";
import type { AccountData, DirectSignResponse, OfflineDirectSigner } from "@cosmjs/proto-signing";
import { makeSignBytes } from "@cosmjs/proto-signing";
import { toBase64 } from "@cosmjs/encoding";
import type { SignDoc } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { deriveKey, type DeriveOptions, type Key, type Scheme } from "./keys.js";

/** One account of any scheme. */
export class Signer implements OfflineDirectSigner, OfflineAminoSigner {
  readonly key: Key;

  constructor(key: Key) {
    this.key = key;
  }

  static fromMnemonic(mnemonic: string, scheme: Scheme, options: DeriveOptions = {}): Signer {
    return new Signer(deriveKey(mnemonic, scheme, options));
  }

  get address(): string {
    return this.key.address;
  }

  /** CosmJS's type of `algo` does not know post-quantum names; the value is ours. */
  async getAccounts(): Promise<readonly AccountData[]> {
    const { address, publicKey: pubkey, scheme } = this.key;
    return [{ address, pubkey, algo: scheme as AccountData["algo"] }];
  }

  async signDirect(signerAddress: string, signDoc: SignDoc): Promise<DirectSignResponse> {
    return { signed: signDoc, signature: this.sign(signerAddress, () => makeSignBytes(signDoc)) };
  }

  async signAmino(signerAddress: string, signDoc: StdSignDoc): Promise<AminoSignResponse> {
    return { signed: signDoc, signature: this.sign(signerAddress, () => serializeSignDoc(signDoc)) };
  }

  private sign(signerAddress: string, bytes: () => Uint8Array): StdSignature {
    if (signerAddress !== this.address) throw new Error(`address ${signerAddress} is not this signer's, ${this.address}`);
    const pub_key = { type: this.key.any.typeUrl, value: toBase64(this.key.any.value) };
    return { pub_key, signature: toBase64(this.key.sign(bytes())) };
  }
}

/** An ML-DSA-65 account; `Signer.fromMnemonic(phrase, "hybrid")` signs with both. */
export class MlDsaSigner extends Signer {
  constructor(mnemonic: string, options: DeriveOptions = {}) {
    super(deriveKey(mnemonic, "ml-dsa-65", options));
  }
}
