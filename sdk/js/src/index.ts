export { ApiError, Client, type Endpoint, type Result, type SendOptions } from "./client.js";
export { SCHEMES, deriveKey, newMnemonic, type DeriveOptions, type Key, type Scheme } from "./keys.js";
export { DENOM, PREFIX, synergyAmino, synergyTypes, type Tensor } from "./messages.js";
export { decodeText, encodeText, kemId, kemPublicKey, open, seal } from "./sealed.js";
export { MlDsaSigner, Signer } from "./signer.js";
export { floats, tensor } from "./tensor.js";
