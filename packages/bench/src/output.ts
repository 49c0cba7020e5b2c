// The output of a command, the only text on standard output. With --json one document, or one record per line; with
// --out the same to a file, written atomically.
import { printable, printableJson } from "./text/printable";

export interface Output {
  readonly json: boolean;
  /** Writes text; ignored with --json. */
  text(text: string): void;
  /** Writes a value as one line of JSON; ignored without --json. */
  line(value: unknown): void;
  /** Writes a value as one JSON document; ignored without --json. */
  document(value: unknown): void;
  /** Writes the file of --out, if any. */
  close(): Promise<void>;
}

export function createOutput({ json = false, out }: { json?: boolean; out?: string }): Output {
  const lines: string[] = [];
  const write = (text: string) => {
    if (out === undefined) process.stdout.write(text);
    else lines.push(text);
  };
  return {
    json,
    text: (text) => void (json || write(`${printable(text)}\n`)),
    line: (value) => void (json && write(`${printableJson(JSON.stringify(value))}\n`)),
    document: (value) => void (json && write(`${printableJson(JSON.stringify(value, null, 2))}\n`)),
    async close() {
      if (out === undefined) return;
      const { writeWhole } = await import("@cajal/files/node");
      await writeWhole(out, lines.join(""));
    },
  };
}
