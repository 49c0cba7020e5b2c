export { decodeSafetensors, encodeSafetensors, type Safetensors } from "./containers/safetensors";
export { readTar } from "./containers/readTar";
