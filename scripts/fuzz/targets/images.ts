import { readdirSync, readFileSync } from "node:fs";
import { decodeImage } from "@cajal/datasets";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

/** The fuzzer is run in the root of the repository. */
const folder = "packages/datasets/fixtures/decoding";

/** Small pictures of every kind: files, and BMPs. */
export const images = defineTarget<Uint8Array>({
  name: "images",
  corpus() {
    const files = readdirSync(folder).filter((name) => /\.(jpg|png|gif|webp)$/.test(name));
    const bmp: { file: string }[] = JSON.parse(readFileSync(`${folder}/../bmp.json`, "utf8"));
    return [
      ...files.map((name) => new Uint8Array(readFileSync(`${folder}/${name}`))),
      // Every tenth, so that they are no more than the others.
      ...bmp.filter((_, i) => i % 10 === 0).map(({ file }) => new Uint8Array(Buffer.from(file, "base64"))), // prettier-ignore
    ];
  },
  mutate: mutateBytes,
  async read(bytes) {
    const { shape, data } = await decodeImage(bytes);
    if (data.length !== shape[0]! * shape[1]! * 3) throw new Error("not as large as it says");
  },
});
