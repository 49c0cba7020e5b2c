export { decodeSafetensors, encodeSafetensors, type Safetensors } from "./containers/safetensors";
export {
  need,
  openHdf5,
  type Hdf5Dataset,
  type Hdf5Group,
  type Hdf5Value,
} from "./containers/hdf5/openHdf5";
export { decodeNpy, encodeNpy } from "./containers/npy";
export { encodeNpz, openNpz, type NpzArray } from "./containers/npz";
export { encodeZip, needEntry, openZip, type ZipEntry } from "./containers/zip";
export { readTar } from "./containers/readTar";
export { blobSource, bytesSource, type ByteSource } from "./byteSource";
