// What worker threads compute for jpegs.ts: a folder's JPEGs as batches of 32, 224 × 224, normalised.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { preprocessInput, tensor } from "@cajal/core";
import { fromSource, resize, stackImages } from "../src/index";
import { readImage } from "../src/node";

export default function make({ folder, like }: { folder: string; like: "pillow" | "tensorflow" }) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".jpg"));
  return fromSource({
    size: files.length,
    async read(indices, { tensor: allocate }) {
      const images = [];
      for (const index of indices) {
        const image = await readImage(join(folder, files[index]!), { like });
        images.push(resize(image, { width: 224, height: 224, method: "bilinear" }));
      }
      return { x: stackImages(images, { tensor: allocate }), y: tensor("int32", [indices.length], Int32Array.from(indices)) }; // prettier-ignore
    },
  }).map(({ x, y }, { tensor }) => ({ x: preprocessInput(x, "torch", { tensor }), y }));
}
