// The libraries that a shared library needs, from its ELF entries (System V ABI, chapters 4 and 5).

export interface Needs {
  /** Names of libraries: "libcudnn.so.9". */
  readonly needed: readonly string[];
  /** Folders that are searched first; `$ORIGIN` is the library's own. */
  readonly runpath: readonly string[];
}

/** The folders that are searched first for a library of this folder. */
export const firstFolders = ({ runpath }: Needs, folder: string): string[] =>
  runpath.map((path) => path.replaceAll(/\$\{?ORIGIN\}?/g, folder));

const dynamicSegment = 2;
const loadSegment = 1;
const [tagNeeded, tagStrings, tagRpath, tagRunpath] = [1n, 5n, 15n, 29n];

/**
 * @param bytes of an ELF file
 * @returns undefined for anything but a 64-bit little-endian ELF file with a dynamic segment
 */
export function needsOf(bytes: Uint8Array): Needs | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const isElf = view.getUint32(0) === 0x7f454c46;
    if (!isElf || bytes[4] !== 2 || bytes[5] !== 1) return undefined;
    return read(bytes, view);
  } catch (error) {
    // The file is truncated.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function read(bytes: Uint8Array, view: DataView): Needs | undefined {
  const offset = (at: number) => Number(view.getBigUint64(at, true));
  const start = offset(32);
  const size = view.getUint16(54, true);
  const segments = Array.from({ length: view.getUint16(56, true) }, (_, i) => {
    const at = start + i * size;
    return {
      type: view.getUint32(at, true),
      offset: offset(at + 8),
      address: offset(at + 16),
      length: offset(at + 32),
    };
  });
  const dynamic = segments.find(({ type }) => type === dynamicSegment);
  if (dynamic === undefined) return undefined;
  const entries: [tag: bigint, value: number][] = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.length; at += 16) {
    const tag = view.getBigUint64(at, true);
    if (tag === 0n) break;
    entries.push([tag, offset(at + 8)]);
  }
  const table = entries.find(([tag]) => tag === tagStrings)?.[1];
  // A memory address; the segment that is loaded there gives its offset in the file.
  const holder = segments.find(
    ({ type, address, length }) =>
      type === loadSegment && table !== undefined && address <= table && table < address + length,
  );
  if (table === undefined || holder === undefined) return undefined;
  const strings = table - holder.address + holder.offset;
  const text = (at: number) => {
    const end = bytes.indexOf(0, strings + at);
    return new TextDecoder().decode(bytes.subarray(strings + at, end < 0 ? undefined : end));
  };
  const texts = (...tags: bigint[]) =>
    entries.flatMap(([tag, value]) => (tags.includes(tag) ? [text(value)] : []));
  return {
    needed: texts(tagNeeded),
    runpath: texts(tagRpath, tagRunpath).flatMap((folders) => folders.split(":")),
  };
}
