// Where a dataset's elements lie (data layout message, section IV.A.2.i).
import type { Container } from "./container";
import type { Cursor } from "./cursor";

export type Layout =
  | { readonly kind: "compact"; readonly bytes: Uint8Array }
  | {
      readonly kind: "contiguous";
      readonly address: number | undefined;
      readonly length: number | undefined;
    }
  | {
      readonly kind: "chunked";
      readonly chunk: readonly number[];
      readonly index: ChunkIndex;
      /** Whether chunks that extend beyond the dataset were written without the filters. */
      readonly edgesUnfiltered?: boolean;
    };

/** How chunks are found. An undefined address: none was ever written. */
export type ChunkIndex = { readonly address: number | undefined } & (
  | { readonly type: "tree" | "implicit" | "fixed array" | "extensible array" | "tree 2" }
  | {
      readonly type: "single";
      readonly storedSize: number | undefined;
      readonly filterMask: number;
    }
);

/** @param name the dataset's, for messages */
export function readLayout(container: Container, body: Cursor, name: string): Layout {
  const version = body.version(1, 2, 3, 4);
  if (version < 3) return readVersions1And2(body, container);
  const kind = body.u8();
  switch (kind) {
    case 0:
      return { kind: "compact", bytes: body.take(body.u16()) };
    case 1:
      return { kind: "contiguous", address: body.offset(), length: body.length() };
    case 2:
      return version === 3 ? readVersion3Chunks(body) : readVersion4Chunks(body);
    case 3:
      throw container.unsupported(
        `${name} is a virtual dataset: its numbers lie in other files, which are not opened. Copy it into one file (h5repack).`,
        { dataset: name },
      );
    default:
      throw container.bad(`${name} has a layout of unknown class ${kind}. The file is damaged.`);
  }
}

/** Versions 1 and 2, up to HDF5 1.6.2. */
function readVersions1And2(body: Cursor, container: Container): Layout {
  const rank = body.u8();
  const kind = body.u8();
  body.skip(5);
  if (kind > 2) throw container.bad(`a layout is of unknown class ${kind}. The file is damaged.`);
  const address = kind === 0 ? undefined : body.offset();
  const extents = Array.from({ length: rank }, body.u32);
  if (kind === 0) return { kind: "compact", bytes: body.take(body.u32()) };
  if (kind === 1) return { kind: "contiguous", address, length: undefined };
  return { kind: "chunked", chunk: extents.slice(0, -1), index: { type: "tree", address } };
}

function readVersion3Chunks(body: Cursor): Layout {
  const rank = body.u8();
  const address = body.offset();
  const chunk = Array.from({ length: rank }, body.u32).slice(0, -1);
  return { kind: "chunked", chunk, index: { type: "tree", address } };
}

/** Version 4: five kinds of index. */
function readVersion4Chunks(body: Cursor): Layout {
  const flags = body.u8();
  const edgesUnfiltered = (flags & 1) !== 0;
  const rank = body.u8();
  const width = body.u8();
  const chunk = Array.from({ length: rank }, () => body.unsigned(width)).slice(0, -1);
  const type = body.u8();
  if (type === 1) {
    const isFiltered = (flags & 2) !== 0;
    const storedSize = isFiltered ? body.length() : undefined;
    const filterMask = isFiltered ? body.u32() : 0;
    const index = {
      type: "single",
      storedSize,
      filterMask,
      address: body.offset(),
    } as const;
    return { kind: "chunked", chunk, edgesUnfiltered, index };
  }
  const indexTypes = {
    2: "implicit",
    3: "fixed array",
    4: "extensible array",
    5: "tree 2",
  } as const;
  if (!(type in indexTypes))
    throw body.container.bad(`a chunk index is of unknown type ${type}. The file is damaged.`);
  // The other fields here (page bits, node sizes) are in the index's own header too.
  body.skip({ 2: 0, 3: 1, 4: 5, 5: 6 }[type as 2 | 3 | 4 | 5]);
  return {
    kind: "chunked",
    chunk,
    edgesUnfiltered,
    index: { type: indexTypes[type as 2 | 3 | 4 | 5], address: body.offset() },
  };
}
