// Apache Parquet, as Hugging Face hosts data sets: rows by hyparquet, class names from the schema that the
// `datasets` library leaves in the file.
import { CajalError, checkOptions, peerError, showValue } from "@cajal/core";
import type { ByteSource } from "@cajal/files";
import { parquetPages } from "./parquetPages";

export interface ParquetTable {
  /** Number of rows. */
  readonly size: number;
  readonly columns: readonly string[];
  /** Names of the classes of each column that the file calls a ClassLabel. */
  readonly classes: Readonly<Record<string, readonly string[]>>;
  /**
   * Rows `from` … `to` − 1 as records, none beyond the last: whole numbers that fit are numbers, wider ones BigInt; binary columns are Uint8Array;
   * what is null or absent is null.
   */
  rows(options?: { columns?: readonly string[]; from?: number; to?: number }): Promise<Record<string, unknown>[]>; // prettier-ignore
}

/**
 * Opens a Parquet file. Pages are checked before they are decoded, so that a damaged one is an error at once. Lists of
 * lists or structs in data pages of version 2 (pyarrow's `data_page_version="2.0"`, which is not its default) are refused
 * where pyarrow's count of nulls leaves out empty lists, by which hyparquet goes: write such files in version 1.
 *
 * @param source `await fileSource(path)` of @cajal/files/node, `blobSource(blob)`, `bytesSource(bytes)`
 * @param options.name what to call it in messages
 * @throws CajalError `bad-file`; `unsupported` for such pages; `missing-peer` where hyparquet, or for packings other than snappy
 *   hyparquet-compressors, is not installed
 */
export async function readParquet(
  source: ByteSource,
  options: { name?: string } = {},
): Promise<ParquetTable> {
  if (typeof source !== "object" || source === null)
    throw new CajalError("bad-argument", `readParquet: got ${showValue(source)} as source, expected ranges of bytes: await fileSource(path) of @cajal/files/node, blobSource(blob) or bytesSource(bytes).`); // prettier-ignore
  checkOptions("readParquet", options, ["name"]);
  const { name = source.name ?? "parquet" } = options;
  const { parquetMetadataAsync, parquetReadObjects, ...hyparquet } = await loadHyparquet();
  /** A file for one call of hyparquet. */
  const opened = (check?: (bytes: Uint8Array, from: number) => void) => {
    const state = { failed: false };
    let fail: (error: unknown) => void;
    // hyparquet may read before it listens: what fails there is told here, and nobody's promise is rejected.
    const failure = new Promise<never>((_, reject) => (fail = reject));
    failure.catch(() => {});
    const file = {
      byteLength: source.size,
      async slice(from: number, to = source.size): Promise<ArrayBuffer> {
        // Where a column's description is wrong hyparquet throws while the columns before it are being read, and
        // nobody hears what becomes of those: their bytes come only after all were begun, and else never.
        await new Promise((resolve) => setTimeout(resolve));
        if (state.failed) return new Promise(() => {});
        try {
          const start = from < 0 ? source.size + from : from;
          const bytes = await source.read(start, to - start);
          check?.(bytes, start);
          return Uint8Array.from(bytes).buffer;
        } catch (error) {
          fail(error);
          return new Promise(() => {});
        }
      },
    };
    return { file, state, failure };
  };
  type AsyncFile = ReturnType<typeof opened>["file"];
  const guarded = async <T>(
    work: (file: AsyncFile) => Promise<T>,
    check?: (bytes: Uint8Array, from: number) => void,
  ): Promise<T> => {
    const { file, state, failure } = opened(check);
    try {
      return await Promise.race([work(file), failure]);
    } catch (cause) {
      state.failed = true;
      if (cause instanceof CajalError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CajalError("bad-file", `${name}: it cannot be read as Parquet: ${why}. It is truncated, damaged, or another file.`, { name }, { cause }); // prettier-ignore
    }
  };
  const metadata = await guarded((file) => parquetMetadataAsync(file));
  const size = Number(metadata.num_rows);
  const packings = metadata.row_groups.flatMap(({ columns }) =>
    columns.map(({ meta_data }) => meta_data?.codec),
  );
  const compressors = packings.some((codec) => codec !== "UNCOMPRESSED" && codec !== "SNAPPY")
    ? await loadCompressors()
    : undefined;
  const top = metadata.schema[0]?.num_children ?? 0;
  const columns = topLevel(metadata.schema.slice(1), top);
  const described = metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
  return {
    size,
    columns,
    classes: classNames(described, name),
    async rows(options = {}) {
      checkOptions("rows", options, { columns: "strings", from: { whole: true, least: 0 }, to: { whole: true, least: 0 } }); // prettier-ignore
      const { columns: names, from = 0, to = size } = options;
      for (const column of names ?? [])
        if (!columns.includes(column))
          throw new CajalError("unknown-name", `${name}: got column ${JSON.stringify(column)}, expected one of ${columns.join(", ")}.`, { name, column, columns }); // prettier-ignore
      if (options.to !== undefined && to < from)
        throw new CajalError("bad-argument", `rows: got from ${from} and to ${to}, expected from to be at most to, before which rows end.`, { from, to }); // prettier-ignore
      // Where pages are read until one is empty.
      if (from >= size) return [];
      const pages = await guarded(async () => parquetPages(name, metadata, hyparquet, compressors));
      const read = await guarded(
        (file) =>
          parquetReadObjects({
            file,
            metadata,
            rowStart: from,
            rowEnd: to,
            utf8: false,
            ...(names && { columns: [...names] }),
            compressors: pages.compressors,
          }),
        pages.check,
      );
      const count = Math.min(to, size) - from;
      if (read.length !== count)
        throw new CajalError("bad-file", `${name}: it has ${read.length} rows from ${from} to ${to}, expected ${count}. It is damaged.`, { name, rows: read.length }); // prettier-ignore
      return read.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)]))); // prettier-ignore
    },
  };
}

/** The names right below the root of a schema that is written flat, parents before their children. */
function topLevel(
  schema: readonly { name: string; num_children?: number }[],
  count: number,
): string[] {
  // prettier-ignore
  const names: string[] = [];
  let at = 0;
  const skip = () => {
    const children = schema[at++]?.num_children ?? 0;
    for (let i = 0; i < children; i++) skip();
  };
  for (let i = 0; i < count && at < schema.length; i++) {
    names.push(schema[at]!.name);
    skip();
  }
  return names;
}

function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "bigint")
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value; // prettier-ignore
  if (Array.isArray(value)) return value.map(plain);
  if (
    typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype
  )
    // prettier-ignore
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  return value;
}

/** `{"info": {"features": {"label": {"names": [...], "_type": "ClassLabel"}}}}` */
function classNames(text: string | undefined, name: string): Record<string, readonly string[]> {
  if (text === undefined) return {};
  let features: unknown;
  try {
    features = JSON.parse(text)?.info?.features;
  } catch (cause) {
    throw new CajalError("bad-file", `${name}: its huggingface metadata is no JSON.`, { name }, { cause }); // prettier-ignore
  }
  return Object.fromEntries(
    Object.entries((features ?? {}) as Record<string, Record<string, unknown> | null>)
      .filter(([, each]) => each?.["_type"] === "ClassLabel" && Array.isArray(each["names"]))
      .map(([key, each]) => [key, (each!["names"] as unknown[]).map(String)]),
  );
}

async function loadHyparquet() {
  try {
    const [hyparquet, { parquetHeader }, { deltaBinaryUnpack }] = await Promise.all([
      import("hyparquet"),
      import("hyparquet/src/column.js"),
      import("hyparquet/src/delta.js"),
    ]);
    return { ...hyparquet, parquetHeader, deltaBinaryUnpack };
  } catch (cause) {
    throw peerError("hyparquet", cause);
  }
}

async function loadCompressors() {
  try {
    return (await import("hyparquet-compressors")).compressors;
  } catch (cause) {
    throw peerError("hyparquet-compressors", cause);
  }
}
