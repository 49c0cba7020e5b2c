// What a command answers: on standard output, and nothing else there. With --json one document or
// one record a line; with --out the same into a file, whole or not at all.
import { printable, printableJson } from "./text/printable";

export interface Output {
  readonly json: boolean;
  /** Text for people; left out where JSON was asked for. */
  text(text: string): void;
  /** A value as one line of JSON; left out where text was asked for. */
  line(value: unknown): void;
  /** A value as one JSON document; left out where text was asked for. */
  document(value: unknown): void;
  /** Writes the file, if one was asked for. */
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
