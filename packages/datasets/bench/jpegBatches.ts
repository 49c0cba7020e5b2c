// What worker threads compute for jpegs.ts: a folder's JPEGs as batches of 32, 224 × 224, normalised.
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { preprocessInput, tensor } from "@cajal/core";
import { decodeImage, fromSource, resize, stackImages } from "../src/index";

export default function make({ folder, like }: { folder: string; like: "pillow" | "tensorflow" }) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".jpg"));
  return fromSource({
    size: files.length,
    async read(indices) {
      const images = [];
      for (const index of indices) {
        const image = await decodeImage(await readFile(join(folder, files[index]!)), { like });
        images.push(resize(image, { width: 224, height: 224, method: "bilinear" }));
      }
      return { x: stackImages(images), y: tensor("int32", [indices.length], Int32Array.from(indices)) }; // prettier-ignore
    },
  }).map(({ x, y }) => ({ x: preprocessInput(x, "torch"), y }));
}
