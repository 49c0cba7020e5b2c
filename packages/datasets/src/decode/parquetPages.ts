// The pages of a Parquet file, looked at before hyparquet decodes them. It takes numbers of values and lengths of runs
// at their word: where a damaged page tells of billions it does not come back, or fills the memory.
// What is checked: https://github.com/apache/parquet-format, Encodings.md and parquet.thrift.
import type { Compressors, FileMetaData, PageHeader, SchemaTree } from "hyparquet";
import { CajalError } from "@cajal/core";
import { soundCompressors } from "./soundCompressors";

/** hyparquet's own, so that what is checked is what will be decoded. */
export interface Hyparquet {
  parquetSchema(metadata: FileMetaData): SchemaTree;
  parquetHeader(reader: { view: DataView; offset: number }): PageHeader;
  snappyUncompress(input: Uint8Array, output: Uint8Array): void;
  deltaBinaryUnpack(reader: { view: DataView; offset: number }, count: number, to: Int32Array): void; // prettier-ignore
}

/** What says how a column's pages are encoded. */
interface Column {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly codec: string;
  readonly type: string;
  /** Bytes of one value of a FIXED_LEN_BYTE_ARRAY. */
  readonly typeLength: number;
  readonly values: number;
  readonly levels: readonly [repetition: number, definition: number];
}

/** A page that is still to be unpacked, and how its contents are checked then. */
interface Packed {
  readonly bytes: Uint8Array;
  check(page: Uint8Array): void;
}

/** Bytes that each of a packing's can unpack to, about; and so many more. */
const ratios: Readonly<Record<string, number>> = { SNAPPY: 64, GZIP: 1040, LZ4: 256, LZ4_RAW: 256 };
const [anyRatio, more] = [65_536, 65_536];

/** Of a block of deltas; writers take 128. */
const largestBlock = 2 ** 20;

/**
 * Checks of a file's pages: `check` of bytes as they are read, `compressors` of what was packed in them.
 *
 * @param name what to call the file in messages
 * @throws Error that says what is damaged; CajalError `unsupported` for what hyparquet cannot read
 */
export function parquetPages(
  name: string,
  metadata: FileMetaData,
  { parquetSchema, parquetHeader, snappyUncompress, deltaBinaryUnpack }: Hyparquet,
  decompressors?: Compressors,
) {
  const columns = columnsOf(metadata, parquetSchema);
  const packed = new Map<number, Packed[]>();
  const compressors = Object.fromEntries(
    Object.entries(soundCompressors(snappyUncompress, decompressors)).map(([codec, unpack]) => [
      codec,
      (input: Uint8Array, size: number) => {
        const page = takeOut(packed, input);
        const unpacked = unpack(input, size);
        page.check(unpacked);
        return unpacked;
      },
    ]),
  ) as Compressors;

  function checkColumn(column: Column, bytes: Uint8Array): void {
    const reader = { view: viewOf(bytes), offset: 0 };
    let values = column.values;
    // As hyparquet goes about it, which leaves a last byte alone.
    while (reader.offset < bytes.length - 1) {
      const header = parquetHeader(reader);
      const size = whole(header.compressed_page_size, "size of a page", bytes.length - reader.offset); // prettier-ignore
      const body = bytes.subarray(reader.offset, (reader.offset += size));
      const most = (ratios[column.codec] ?? anyRatio) * size + more;
      whole(Number(header.uncompressed_page_size), "unpacked size of a page", most);
      const page = pageOf(header);
      if (!page) continue; // hyparquet says what it cannot read
      whole(page.count, "number of values of a page", page.data ? values : 8 * most);
      if (page.data) values -= page.count;
      checkPage(column, header, page, body);
    }
  }

  function checkPage(column: Column, header: PageHeader, page: Page, body: Uint8Array): void {
    const { count, data, encoding } = page;
    const values = (bytes: Uint8Array, n: number) => {
      if (n === 0) return;
      if (encoding.startsWith("DELTA_")) checkDeltas(bytes, n, encoding);
      else checkValues(column, bytes, n, encoding);
    };
    const version2 = header.data_page_header_v2;
    if (header.type === "DATA_PAGE_V2" && version2) {
      const sizes = [version2.repetition_levels_byte_length, version2.definition_levels_byte_length]; // prettier-ignore
      let at = 0;
      let present: number | undefined;
      for (const [i, size] of sizes.entries()) {
        whole(size, "size of levels", body.length - at);
        const bits = bitsOf(column.levels[i]!);
        const runs = body.subarray(at, at + size);
        // The definition levels come last, and what is less than their largest is missing.
        if (bits > 0) present = checkRuns(runs, bits, count, column.levels[i]);
        at += size;
      }
      const n = count - whole(version2.num_nulls, "number of nulls", count);
      if (present !== undefined && present !== n) {
        const counts = `${count - present} values missing where it says ${count - n}`;
        // Empty lists in lists and structs are left out of the count by pyarrow, and hyparquet goes by it.
        if (column.levels[0] > 0 && present < n)
          throw new CajalError("unsupported", `${name}: column ${column.name} has a data page of version 2 with ${counts}, which hyparquet cannot read. Write the file with data_page_version="1.0".`, { name, column: column.name }); // prettier-ignore
        throw new Error(`column ${column.name} has a page with ${counts}`);
      }
      // A page of no values is not packed.
      const unpacked = Number(header.uncompressed_page_size) - at;
      return later(column, body.subarray(at), version2.is_compressed !== false && unpacked !== 0, (bytes) => values(bytes, n)); // prettier-ignore
    }
    later(column, body, true, (bytes) => {
      if (!data) return values(bytes, count);
      let at = 0;
      let n = count;
      for (const level of column.levels) {
        if (level === 0) continue;
        const size = whole(viewOf(bytes).getUint32(at, true), "size of levels", bytes.length - at - 4); // prettier-ignore
        n = checkRuns(bytes.subarray(at + 4, at + 4 + size), bitsOf(level), count, level);
        at += 4 + size;
      }
      values(bytes.subarray(at), column.levels[1] > 0 ? n : count);
    });
  }

  /** Blocks of deltas, and lengths among them: no longer than the bytes, no prefix longer than what it is of. */
  function checkDeltas(bytes: Uint8Array, count: number, encoding: string): void {
    const reader = { view: viewOf(bytes), offset: 0 };
    const numbers = () => {
      checkBlocks(bytes.subarray(reader.offset), count);
      const values = new Int32Array(count);
      deltaBinaryUnpack(reader, count, values);
      return values;
    };
    if (encoding === "DELTA_BINARY_PACKED") return checkBlocks(bytes, count);
    const prefixes = encoding === "DELTA_BYTE_ARRAY" ? numbers() : undefined;
    let left = bytes.length;
    let before = 0;
    numbers().forEach((length, i) => {
      left -= whole(length, "length of a value", left);
      before = length + whole(prefixes?.[i] ?? 0, "length of a prefix", before);
    });
  }

  function later(
    { codec }: Column,
    bytes: Uint8Array,
    isPacked: boolean,
    check: Packed["check"],
  ): void {
    if (codec === "UNCOMPRESSED" || !isPacked) return check(bytes);
    const list = packed.get(bytes.length) ?? [];
    packed.set(bytes.length, [...list, { bytes, check }]);
  }

  return {
    compressors,
    /** @param from where in the file the bytes begin */
    check(bytes: Uint8Array, from: number): void {
      for (const column of columns)
        if (from <= column.start && column.end <= from + bytes.length)
          checkColumn(column, bytes.subarray(column.start - from, column.end - from));
    },
  };
}

interface Page {
  readonly count: number;
  /** Whether it is of data, not of a dictionary. */
  readonly data: boolean;
  readonly encoding: string;
}

function pageOf(header: PageHeader): Page | undefined {
  const { data_page_header, data_page_header_v2, dictionary_page_header } = header;
  const data =
    header.type === "DATA_PAGE"
      ? data_page_header
      : header.type === "DATA_PAGE_V2"
        ? data_page_header_v2
        : undefined;
  if (data) return { count: data.num_values, data: true, encoding: data.encoding };
  return header.type === "DICTIONARY_PAGE" && dictionary_page_header
    ? { count: dictionary_page_header.num_values, data: false, encoding: "PLAIN" }
    : undefined;
}

/** @throws Error where a flat column has not as many values as its group has rows, or these do not add up */
function columnsOf(metadata: FileMetaData, parquetSchema: Hyparquet["parquetSchema"]): Column[] {
  const tree = parquetSchema(metadata);
  const groups = metadata.row_groups;
  const rows = groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
  if (rows !== Number(metadata.num_rows))
    throw new Error(`its groups have ${rows} rows, it says ${metadata.num_rows}`);
  return groups.flatMap((group) =>
    group.columns.flatMap(({ meta_data: meta }) => {
      if (!meta) return [];
      const path = pathOf(tree, meta.path_in_schema);
      const repetitions = path.map(({ element }) => element.repetition_type);
      const repetition = repetitions.filter((type) => type === "REPEATED").length;
      const definition = repetitions.filter((type) => type !== "REQUIRED").length;
      const values = Number(meta.num_values);
      if (repetition === 0 && values !== Number(group.num_rows))
        throw new Error(`column ${meta.path_in_schema.join(".")} has ${values} values for ${group.num_rows} rows`); // prettier-ignore
      const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
      return {
        name: meta.path_in_schema.join("."),
        start,
        end: start + Number(meta.total_compressed_size),
        codec: meta.codec,
        type: meta.type,
        typeLength: path.at(-1)?.element.type_length ?? 0,
        values,
        levels: [repetition, definition] as const,
      };
    }),
  );
}

function pathOf(tree: SchemaTree, names: readonly string[]): SchemaTree[] {
  let at = tree;
  return names.map((name) => {
    const child = at.children.find(({ element }) => element.name === name);
    if (!child) throw new Error(`its schema has no element ${names.join(".")}`);
    return (at = child);
  });
}

function takeOut(packed: Map<number, Packed[]>, input: Uint8Array): Packed {
  const list = packed.get(input.length) ?? [];
  const at = list.findIndex(({ bytes }) => bytes.every((byte, i) => byte === input[i]));
  if (at === -1) throw new Error("a page lies where none was found");
  packed.set(input.length, list.toSpliced(at, 1));
  return list[at]!;
}

const widths: Readonly<Record<string, number>> = { INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8, INT96: 12 }; // prettier-ignore

function checkValues(
  { type, typeLength }: Column,
  bytes: Uint8Array,
  count: number,
  encoding: string,
): void {
  if (encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY" || encoding === "RLE") {
    // Booleans have the size of their runs before them, indices their width.
    if (type === "BOOLEAN") checkRuns(bytes.subarray(4), 1, count);
    else checkRuns(bytes.subarray(1), whole(bytes[0], "width of indices", 32), count);
  } else if (encoding !== "ALP") {
    const width = type === "BOOLEAN" ? 1 / 8 : type === "FIXED_LEN_BYTE_ARRAY" ? typeLength : (widths[type] ?? 4); // prettier-ignore
    whole(Math.ceil(count * width), "size of a page's values", bytes.length);
  }
}

/**
 * Runs of equal numbers and of packed bits, in turns (Encodings.md, RLE/Bit-Packing Hybrid).
 *
 * @returns how many of `count` numbers are `value`
 */
function checkRuns(bytes: Uint8Array, bits: number, count: number, value = 0): number {
  if (bits === 0) return value === 0 ? count : 0;
  const reader = { bytes, offset: 0 };
  let total = 0;
  for (let done = 0; done < count;) {
    const header = varInt(reader);
    const left = count - done;
    if ((header & 1) === 0) {
      const run = whole(header >>> 1, "length of a run", left);
      let number = 0;
      for (let i = 0; i < bits; i += 8) number += (reader.bytes[reader.offset++] ?? 0) * 2 ** i;
      if (number === value) total += run;
      done += run;
    } else {
      // Groups of eight; the last ones may stand for nothing, and need not be there.
      const run = (header >>> 1) * 8;
      const size = Math.ceil((Math.min(run, left) * bits) / 8);
      whole(size, "size of a run", bytes.length - reader.offset);
      whole((run * bits) / 8, "size of a run", 8 * bytes.length + 8 * bits);
      for (let i = 0; i < Math.min(run, left); i++)
        if (packedAt(bytes, 8 * reader.offset + i * bits, bits) === value) total++;
      reader.offset += (run * bits) / 8;
      done += run;
    }
    if (reader.offset > bytes.length && done < count) throw new Error("its runs are cut off");
  }
  return total;
}

/** A number of so many bits, 32 at most. */
function packedAt(bytes: Uint8Array, at: number, bits: number): number {
  let value = 0;
  for (let read = 0; read < bits;) {
    const [byte, shift] = [(at + read) >>> 3, (at + read) & 7];
    const bitCount = Math.min(8 - shift, bits - read);
    value += ((bytes[byte]! >>> shift) & ((1 << bitCount) - 1)) * 2 ** read;
    read += bitCount;
  }
  return value;
}

/** The head of blocks of deltas (Encodings.md, DELTA_BINARY_PACKED). */
function checkBlocks(bytes: Uint8Array, count: number): void {
  const reader = { bytes, offset: 0 };
  const block = whole(varInt(reader), "block of deltas", largestBlock);
  const parts = whole(varInt(reader), "number of parts of a block", block);
  whole(varInt(reader), "number of deltas", count);
  if (parts === 0 || block % parts !== 0 || (block / parts) % 8 !== 0)
    throw new Error(`its blocks of ${block} deltas have ${parts} parts`);
}

function varInt(reader: { readonly bytes: Uint8Array; offset: number }): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.bytes[reader.offset++];
    if (byte === undefined) throw new Error("its runs are cut off");
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return value >>> 0 === value ? value : tooLarge("number", value);
  }
  return tooLarge("number", value);
}

/** @throws Error unless 0 ≤ value ≤ most, and whole */
function whole(value: number | undefined, what: string, most: number): number {
  return Number.isInteger(value) && value! >= 0 && value! <= most ? value! : tooLarge(what, value);
}

function tooLarge(what: string, value: unknown): never {
  throw new Error(`the ${what} is ${String(value)}`);
}

const bitsOf = (level: number) => 32 - Math.clz32(level);

const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
