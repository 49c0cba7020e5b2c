import { readTar } from "@cajal/files";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

export const tar = defineTarget<Uint8Array>({
  name: "tar",
  corpus: () => [
    archive([]),
    archive([{ name: "a.bin", size: 10 }]),
    archive([
      { name: "folder/", size: 0, type: "5" },
      { name: "folder/a.bin", size: 513 },
      { name: "link", size: 0, type: "2" },
      { name: "b.bin", size: 512 },
    ]),
  ],
  mutate: (bytes, random, corpus) =>
    // Half of them with checksums that hold, so that more than these is read.
    random.integer(2) === 0
      ? mutateBytes(bytes, random, corpus)
      : signed(mutateBytes(bytes, random, corpus)),
  async read(bytes) {
    for await (const { content } of readTar(pieces(bytes), { name: "x.tar", limit: 2 ** 20 }))
      if (content.length > 2 ** 20) throw new Error("above the limit");
  },
});

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
}

const block = 512;

function archive(members: readonly { name: string; size: number; type?: string }[]): Uint8Array {
  const blocks = members.flatMap(({ name, size, type = "0" }) => {
    const header = new Uint8Array(block);
    const write = (text: string, at: number) => header.set(new TextEncoder().encode(text), at);
    write(name, 0);
    write(`0000644${"\0"}0000000${"\0"}0000000${"\0"}`, 100);
    write(`${size.toString(8).padStart(11, "0")}\0`, 124);
    write("00000000000\0", 136);
    write(type, 156);
    write("ustar\x0000", 257);
    return [header, new Uint8Array(Math.ceil(size / block) * block).fill(7)];
  });
  return signed(
    Uint8Array.from([...blocks, new Uint8Array(2 * block)].flatMap((bytes) => [...bytes])),
  );
}

/** With a checksum in every block that has room for one and looks like a header. */
function signed(bytes: Uint8Array): Uint8Array {
  for (let at = 0; at + block <= bytes.length; at += block) {
    const header = bytes.subarray(at, at + block);
    if (header[257] !== 0x75) continue;
    header.fill(0x20, 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  }
  return bytes;
}
