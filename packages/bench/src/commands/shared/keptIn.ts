// Results of a run so far, stored in a file, so that a resumed run reports all of them.
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
