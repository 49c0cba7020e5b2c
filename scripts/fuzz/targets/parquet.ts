import { readdirSync, readFileSync } from "node:fs";
import { readParquet } from "@cajal/datasets";
import { bytesSource } from "@cajal/files";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

/** The fuzzer is run in the root of the repository. */
const folder = "packages/datasets/fixtures/parquet";

/** Every compression, dictionaries, nulls, lists and structs; mostly their footers are mutated, where all is said. */
export const parquet = defineTarget<Uint8Array>({
  name: "parquet",
  corpus: () =>
    readdirSync(folder).map((name) => new Uint8Array(readFileSync(`${folder}/${name}`))),
  mutate: mutateBytes,
  async read(bytes) {
    const table = await readParquet(bytesSource(bytes, "x.parquet"));
    if (table.size > 1000) throw new Error("more rows than there are bytes for");
    const rows = await table.rows();
    if (rows.length !== table.size) throw new Error("not as many rows as it says");
  },
});
