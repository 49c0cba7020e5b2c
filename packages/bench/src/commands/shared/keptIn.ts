// What a run has found so far, in a file: a run that goes on reports all of it.
import { readFile } from "node:fs/promises";
import { writeWhole } from "@cajal/files/node";

export async function keptIn<Value>(path: string) {
  const text = await readFile(path, "utf8").catch(() => "[]");
  const values = new Map(JSON.parse(text) as [string, Value][]);
  return {
    async add(key: string, value: Value): Promise<void> {
      values.set(key, value);
      await writeWhole(path, JSON.stringify([...values]));
    },
    all: (): Value[] => [...values.values()],
  };
}
