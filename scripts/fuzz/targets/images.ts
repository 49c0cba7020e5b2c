import { readdirSync, readFileSync } from "node:fs";
import { decodeImage } from "@cajal/datasets";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

/** The fuzzer is run in the root of the repository. */
const folder = "packages/datasets/fixtures/decoding";

/** Small pictures of every kind. */
export const images = defineTarget<Uint8Array>({
  name: "images",
  corpus: () =>
    readdirSync(folder)
      .filter((name) => /\.(jpg|png|gif|webp)$/.test(name))
      .map((name) => new Uint8Array(readFileSync(`${folder}/${name}`))),
  mutate: mutateBytes,
  async read(bytes) {
    const { shape, data } = await decodeImage(bytes);
    if (data.length !== shape[0]! * shape[1]! * 3) throw new Error("not as large as it says");
  },
});
