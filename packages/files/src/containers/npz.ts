// NumPy's .npz: a zip archive of .npy files, each named for its array.
import { checkArgument, type Tensor } from "@cajal/core";
import type { ByteSource } from "../byteSource";
import { decodeNpy, encodeNpy } from "./npy";
import { encodeZip, openZip } from "./zip";

/** An array of an archive, unpacked when it is read. */
export interface NpzArray {
  /** @throws CajalError as `decodeNpy` does */
  read(): Promise<Tensor>;
}

/**
 * The arrays of a .npz file by name; members that are not .npy files are skipped. Nothing is unpacked.
 *
 * @throws CajalError `bad-file` for another format, a truncated or damaged archive
 */
export async function openNpz(source: ByteSource): Promise<ReadonlyMap<string, NpzArray>> {
  const arrays = new Map<string, NpzArray>();
  for (const [member, entry] of await openZip(source)) {
    if (!member.endsWith(".npy")) continue;
    const read = async () => decodeNpy(await entry.read(), `${source.name}, ${member}`);
    arrays.set(member.slice(0, -".npy".length), { read });
  }
  return arrays;
}

/** Arrays as a .npz file, stored without compression, as `numpy.savez` writes it. */
export function encodeNpz(arrays: ReadonlyMap<string, Tensor>): Uint8Array<ArrayBuffer> {
  checkArgument("encodeNpz", "arrays", arrays, "map");
  return encodeZip(new Map([...arrays].map(([name, array]) => [`${name}.npy`, encodeNpy(array)])));
}
