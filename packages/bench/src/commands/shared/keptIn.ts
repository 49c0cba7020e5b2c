// Results of a run so far, stored in a file, so that a resumed run reports all of them.
import { readFile } from "node:fs/promises";
import { CajalError } from "@cajal/core";
import { writeWhole } from "@cajal/files/node";

/** @throws CajalError `bad-file` where the file is damaged */
export async function keptIn<Value>(path: string) {
  const text = await readFile(path, "utf8").catch(() => "[]");
  const values = new Map(parsed<Value>(text, path));
  return {
    async add(key: string, value: Value): Promise<void> {
      values.set(key, value);
      await writeWhole(path, JSON.stringify([...values]));
    },
    all: (): Value[] => [...values.values()],
    keys: (): string[] => [...values.keys()],
  };
}

function parsed<Value>(text: string, path: string): [string, Value][] {
  const damaged = (cause?: unknown) =>
    new CajalError("bad-file", `${path}: it is damaged. Remove it: what it holds of the run so far will be missing in the report.`, { path }, { cause }); // prettier-ignore
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (cause) {
    throw damaged(cause);
  }
  const isEntry = (entry: unknown) =>
    Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string";
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw damaged();
  return entries as [string, Value][];
}
