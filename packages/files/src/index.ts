export { decodeSafetensors, encodeSafetensors, type Safetensors } from "./containers/safetensors";
export {
  need,
  openHdf5,
  type Hdf5Dataset,
  type Hdf5Group,
  type Hdf5Value,
} from "./containers/hdf5/openHdf5";
export { readTar } from "./containers/readTar";
export { blobSource, bytesSource, type ByteSource } from "./byteSource";
