// The page of the README: an account, coins, a model and a signed inference.
import { Client, floats, MlDsaSigner, newMnemonic, open, tensor } from "../src/index.js";
// y = relu(x·w + b): 4 numbers in, 4 out.
import onnx from "../../../modules/model-registry/testdata/linear.onnx";

const field = (id: string) => document.getElementById(id) as HTMLInputElement;
const log = (text: string) => document.getElementById("log")!.append(`${text}\n`);
const client = () => new Client({ rest: field("rest").value });
const signer = () => new MlDsaSigner(field("phrase").value);

const steps: Record<string, () => Promise<void>> = {
  async account() {
    field("phrase").value = newMnemonic();
    log(`account ${signer().address}, a key of ${signer().key.publicKey.length} bytes`);
  },
  async coins() {
    const { address } = signer();
    const reply = await fetch(`${field("faucet").value}/credit`, { method: "POST", body: JSON.stringify({ address }) });
    if (!reply.ok) throw new Error(`the faucet refused: ${await reply.text()}`);
    for (let tries = 0; tries < 150; tries++) {
      const balance = await client().balance(address);
      if (balance > 0n) return log(`balance ${Number(balance / 10n ** 12n) / 1e6} SNRG`);
      await new Promise((done) => setTimeout(done, 200));
    }
    throw new Error("the coins did not come within half a minute");
  },
  async publish() {
    field("model").value = await client().publishModel(signer(), { name: "linear", onnx, bindings: { batch: 1 } });
    log(`model ${field("model").value}`);
  },
  async infer() {
    const input = tensor("x", "f32", [1, 4], field("input").value.split(",").map(Number));
    const sent = await client().infer(signer(), field("model").value, [input]);
    log(`record ${sent.recordId} in block ${sent.height}: y = ${floats(sent.outputs[0]).join(", ")}`);
  },
  async seal() {
    const [from, at] = [signer(), client()];
    await at.publishKemKey(from);
    const sealed = await at.sealTo(from.address, new TextEncoder().encode(field("secret").value));
    log(`${sealed.length} bytes sealed; opened: ${new TextDecoder().decode(open(from.key.kemSeed, sealed))}`);
  },
};

for (const [id, step] of Object.entries(steps)) {
  const button = document.getElementById(id) as HTMLButtonElement;
  button.onclick = async () => {
    button.disabled = true;
    await step().catch((e: Error) => log(`error: ${e.message}`));
    button.disabled = false;
  };
}
log("ready");
