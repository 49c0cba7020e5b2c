import { deflateRawSync } from "node:zlib";
import { tensor, type Tensor } from "@cajal/core";
import {
  bytesSource,
  crc32,
  encodeNpy,
  encodeNpz,
  encodeZip,
  openNpz,
  openZip,
} from "@cajal/files";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

/** Archives stored and deflated, arrays in them; read whole, and as arrays. */
export const zip = defineTarget<Uint8Array>({
  name: "zip",
  corpus: () => [
    encodeZip(new Map()),
    encodeZip(new Map([["a.npy", encodeNpy(tensor("float32", [2, 3]))], ["folder/b.txt", new TextEncoder().encode("text ".repeat(50))]])), // prettier-ignore
    encodeNpz(new Map<string, Tensor>([["x", tensor("int32", [4])], ["y", tensor("uint8", [2, 2])]])), // prettier-ignore
    deflated("z.npy", encodeNpy(tensor("float64", [5]))),
    // As much as deflate makes of so little.
    deflated("bomb", new Uint8Array(2 ** 20)),
  ],
  mutate: mutateBytes,
  async read(bytes) {
    for (const { size, read } of (await openZip(bytesSource(bytes, "x.zip"))).values())
      if ((await read(2 ** 24)).length !== size) throw new Error("not as large as it says");
    for (const array of (await openNpz(bytesSource(bytes, "x.npz"))).values()) await array.read();
  },
});

/** An archive of one member, packed. */
function deflated(name: string, content: Uint8Array): Uint8Array {
  const packed = deflateRawSync(content);
  const path = new TextEncoder().encode(name);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(path.length, 22);
  const local = [Buffer.from("PK\x03\x04", "latin1"), common, path, packed];
  const entry = [Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, Buffer.alloc(14), path];
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(Buffer.concat(entry).length, 8);
  end.writeUInt32LE(Buffer.concat(local).length, 12);
  return new Uint8Array(Buffer.concat([...local, ...entry, Buffer.from("PK\x05\x06", "latin1"), end])); // prettier-ignore
}
