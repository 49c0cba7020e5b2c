import { readWebDataset } from "@cajal/datasets";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";
import { tar } from "./tar";

/** The archives of the reader of tar, read as samples. */
export const webDataset = defineTarget<Uint8Array>({
  name: "webDataset",
  corpus: async () => (await tar.corpus()) as Uint8Array[],
  mutate: (bytes, random, corpus) => (random.integer(2) === 0 ? mutateBytes(bytes, random, corpus) : (tar.mutate(bytes, random, corpus) as Uint8Array)), // prettier-ignore
  async read(bytes) {
    for await (const { fields } of readWebDataset([bytes], { name: "x.tar", limit: 2 ** 20 }))
      if (fields.size === 0) throw new Error("a sample without files");
  },
});
