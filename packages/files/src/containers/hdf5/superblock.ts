// Where an HDF5 file begins (section II.A): its sizes, its end, its root group.
import { checkArgument } from "@cajal/core";
import type { Container } from "./container";

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether these first bytes (at least eight) are those of an HDF5 file without a user block. */
export function looksLikeHdf5(bytes: Uint8Array): boolean {
  checkArgument("looksLikeHdf5", "bytes", bytes, "bytes");
  return signature.every((byte, i) => bytes[i] === byte);
}

/** Reads the superblock into the container; returns the address of the root group's object header. */
export async function readSuperblock(container: Container): Promise<number> {
  const start = await findSignature(container);
  container.base = start;
  const cursor = await container.cursor(8, Math.min(120, container.size - start - 8), "superblock");
  const version = cursor.version(0, 1, 2, 3);
  if (version < 2) cursor.skip(4); // versions of the free space, the root entry, a reserved byte, shared headers
  container.offsetSize = size(container, "offsets", cursor.u8());
  container.lengthSize = size(container, "lengths", cursor.u8());
  if (version < 2) {
    cursor.skip(1 + 2 + 2 + 4 + (version === 1 ? 4 : 0));
    cursor.offset(); // base address: ignored in favour of the signature's position
    cursor.offset(); // free space
    checkEnd(container, cursor.take(container.offsetSize));
    cursor.offset(); // driver information
    cursor.unsigned(container.offsetSize); // the root's name
    return cursor.address();
  }
  cursor.skip(1); // flags
  cursor.offset(); // base address
  cursor.offset(); // extension
  checkEnd(container, cursor.take(container.offsetSize));
  const root = cursor.address();
  const superblock = await container.cursor(0, 8 + cursor.at + 4, "superblock");
  superblock.skip(8 + cursor.at);
  superblock.checksum();
  return root;
}

/** The signature is at 0, or after a user block: at 512, 1024, 2048 and so on. */
async function findSignature(container: Container): Promise<number> {
  for (let at = 0; at + 8 <= container.size; at = at === 0 ? 512 : at * 2)
    if (looksLikeHdf5(await container.bytes(at, 8, "signature"))) return at;
  throw container.bad(`it is no HDF5 file (${await guess(container)}).`);
}

/** What a file that is not HDF5 looks like: failed downloads leave pages and pointers. */
async function guess(container: Container): Promise<string> {
  if (container.size === 0) return "it is empty";
  const bytes = await container.bytes(0, Math.min(64, container.size), "beginning");
  const text = new TextDecoder().decode(bytes);
  if (/^\s*<(!doctype|html|\?xml)/i.test(text))
    return "it looks like an HTML page: a failed download";
  if (text.startsWith("version https://git-lfs"))
    return "it is a Git LFS pointer, not the file itself";
  if (text.startsWith("PK")) return "it is a zip archive";
  return "the signature is missing: it is another format, or truncated";
}

function size(container: Container, of: string, value: number): number {
  if (![2, 4, 8].includes(value))
    throw container.bad(`size of ${of} ${value}, expected 2, 4 or 8. The file is damaged.`);
  return value;
}

function checkEnd(container: Container, bytes: Uint8Array): void {
  const end = bytes.reduceRight((value, byte) => value * 256 + byte, 0);
  // The address counts from the beginning of the file in some writers, from the signature in others.
  if (end > container.size)
    throw container.bad(
      `it should have ${end} bytes (its end-of-file address), and has ${container.size}. It is truncated.`,
      { expected: end, got: container.size },
    );
}
