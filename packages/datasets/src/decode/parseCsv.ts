// CSV (RFC 4180), by csv-parse: quotes, commas and line ends within quotes, CRLF, a byte order mark.
import { CajalError, checkArgument, checkOptions, peerError, showValue } from "@cajal/core";

/**
 * The rows of a table as records by the names in its first line; all values are text.
 *
 * @param options.delimiter between two fields, default ","
 * @param text of the file
 * @param options.name what to call it in messages
 * @throws CajalError `bad-argument` for a path in place of the text; `bad-file` for rows of another length and quotes that do not end, `missing-peer` where
 *   csv-parse is not installed
 */
export async function parseCsv(
  text: string,
  options: { name?: string; delimiter?: string } = {},
): Promise<Record<string, string>[]> {
  return (await readCsv(text, options)).rows;
}

/** CR where the first line ends by it alone; else LF and CRLF, which may stand side by side. */
function lineEnds(text: string): string[] {
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === "\n") break;
    else if (!isQuoted && character === "\r" && text[i + 1] !== "\n") return ["\r"];
  }
  return ["\r\n", "\n"];
}

/** The rows, and the names in the order of the first line: records have those that are whole numbers first. */
export async function readCsv(
  text: string,
  options: { name?: string; delimiter?: string } = {},
): Promise<{ columns: readonly string[]; rows: Record<string, string>[] }> {
  checkArgument("parseCsv", "text", text, "string");
  checkOptions("parseCsv", options, ["name", "delimiter"]);
  if (/^[^\n,;]*\.[ct]sv$/i.test(text))
    throw new CajalError("bad-argument", `parseCsv: got ${showValue(text)}, which looks like a path, expected the text of a CSV file. Read it first: await readFile(path, "utf8"), with readFile of node:fs/promises.`); // prettier-ignore
  const { name = "CSV", delimiter = "," } = options;
  const { parse } = await load();
  try {
    let columns: readonly string[] = [];
    const named = (header: string[]) => {
      const twice = header.find((column, i) => header.indexOf(column) !== i);
      if (twice !== undefined)
        throw new Error(`the column ${JSON.stringify(twice)} is there twice`);
      return (columns = header);
    };
    const rows = parse(text, { bom: true, columns: named, skip_empty_lines: true, delimiter, record_delimiter: lineEnds(text), max_record_size: 2 ** 24 }); // prettier-ignore
    return { columns, rows: rows as Record<string, string>[] };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CajalError("bad-file", `${name}: it is no table of comma-separated values: ${why}.`, { name }, { cause }); // prettier-ignore
  }
}

async function load() {
  try {
    // The build that runs in Node and in browsers.
    return await import("csv-parse/browser/esm/sync");
  } catch (cause) {
    throw peerError("csv-parse", cause);
  }
}
