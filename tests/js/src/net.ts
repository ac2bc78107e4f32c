// The chain under test: addresses come from the environment that
// scripts/e2e/clients.sh sets; coins come from its faucet.
import { DirectSecp256k1HdWallet, type OfflineSigner } from "@cosmjs/proto-signing";
import { Secp256k1HdWallet } from "@cosmjs/amino";
import { AminoTypes, createDefaultAminoConverters, defaultRegistryTypes, GasPrice, SigningStargateClient } from "@cosmjs/stargate";
import { Registry } from "@cosmjs/proto-signing";
import { DENOM, PREFIX, synergyAmino, synergyTypes } from "../../../sdk/js/src/messages.js";

const need = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run scripts/e2e/clients.sh`);
  return value;
};

export const RPC = `http://${need("SYNERGY_RPC")}`;
export const REST = `http://${need("SYNERGY_REST")}`;
const FAUCET = `http://${need("SYNERGY_FAUCET")}`;

export const coin = (amount: string | number) => ({ denom: DENOM, amount: String(amount) });
export const fee = (gas: number) => ({ amount: [coin(String(BigInt(gas) * 2_000_000_000n))], gas: String(gas) });

/** A client over new keys; `amino` chooses the sign mode. */
export async function client(mode: "direct" | "amino", words: 12 | 24 = 12) {
  const options = { prefix: PREFIX };
  const wallet: OfflineSigner =
    mode === "direct"
      ? await DirectSecp256k1HdWallet.generate(words, options)
      : await Secp256k1HdWallet.generate(words, options);
  return { wallet, ...(await connect(wallet)) };
}

export async function connect(wallet: OfflineSigner) {
  const [{ address }] = await wallet.getAccounts();
  const stargate = await SigningStargateClient.connectWithSigner(RPC, wallet, {
    gasPrice: GasPrice.fromString(`2000000000${DENOM}`),
    registry: new Registry([...defaultRegistryTypes, ...synergyTypes]),
    aminoTypes: new AminoTypes({ ...createDefaultAminoConverters(), ...synergyAmino }),
    broadcastPollIntervalMs: 200,
  });
  return { stargate, address };
}

/** Coins for an address, in a block before this returns. */
export async function fund(address: string): Promise<void> {
  const reply = await fetch(`${FAUCET}/credit`, { method: "POST", body: JSON.stringify({ address }) });
  if (!reply.ok) throw new Error(`faucet: ${reply.status} ${await reply.text()}`);
  for (let tries = 0; tries < 100; tries++) {
    const balances = await (await fetch(`${REST}/cosmos/bank/v1beta1/balances/${address}`)).json();
    if (balances.balances?.length) return;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`the faucet's coins for ${address} did not come`);
}
