export {
  decodeSafetensors,
  encodeSafetensors,
  openSafetensors,
  type Safetensors,
  type StoredTensor,
} from "./containers/safetensors";
export {
  need,
  openHdf5,
  type Hdf5Dataset,
  type Hdf5Group,
  type Hdf5Value,
} from "./containers/hdf5/openHdf5";
export { encodeHdf5, type Hdf5Attribute, type Hdf5Contents } from "./containers/hdf5/encodeHdf5";
export { looksLikeHdf5 } from "./containers/hdf5/superblock";
export { decodeNpy, encodeNpy } from "./containers/npy";
export { encodeNpz, openNpz, type NpzArray } from "./containers/npz";
export { encodeZip, looksLikeZip, needEntry, openZip, type ZipEntry } from "./containers/zip";
export { crc32 } from "./containers/crc32";
export { listTar, readTar } from "./containers/readTar";
export type { TarHeader } from "./containers/tarMembers";
export { blobSource, bytesSource, type ByteSource } from "./byteSource";
export { fetchBytes, type FetchBytesOptions } from "./fetch/fetchBytes";
export { requestOptions, type FetchProgress, type RequestOptions } from "./fetch/download";
