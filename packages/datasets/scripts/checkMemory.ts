// Memory over ten epochs of a folder of JPEGs, decoded, resized and augmented in this process:
//   node --expose-gc scripts/run-source.mjs packages/datasets/scripts/checkMemory.ts FOLDER
// FOLDER has class folders, or pictures alone. Prints resident memory and what typed arrays hold after each epoch, garbage
// collected, and exits 1 where the last five epochs have more than a fifth above the first five.
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { tensor } from "@cajal/core";
import { decodeImage, fromSource, randomFlip, resize, rescale, stackImages } from "../src/index";

const [folder = ""] = process.argv.slice(2);
const files = readdirSync(folder, { recursive: true })
  .map(String)
  .filter((name) => /\.(jpe?g|png)$/i.test(name))
  .slice(0, 300);
const data = fromSource({
  size: files.length,
  async read(indices, { tensor: allocate }) {
    const images = [];
    for (const index of indices) {
      const image = await decodeImage(await readFile(join(folder, files[index]!)));
      images.push(resize(image, { width: 224, height: 224, method: "bilinear" }));
    }
    const x = stackImages(images, { tensor: allocate });
    return { x, y: tensor("int32", [indices.length], Int32Array.from(indices)) };
  },
})
  .map(randomFlip({ seed: 1 }))
  .map(rescale(1 / 255))
  .shuffle({ seed: 1 })
  .batch(32);

const resident: number[] = [];
for (let epoch = 0; epoch < 10; epoch++) {
  for await (const _ of data.batches({ epoch })) continue;
  globalThis.gc?.();
  const { rss, arrayBuffers } = process.memoryUsage();
  resident.push(rss / 2 ** 20);
  console.log(`epoch ${epoch}: ${(rss / 2 ** 20).toFixed(0)} MB resident, ${(arrayBuffers / 2 ** 20).toFixed(1)} MB of arrays`); // prettier-ignore
}
const [first, last] = [Math.max(...resident.slice(0, 5)), Math.max(...resident.slice(5))];
console.log(`${files.length} images: at most ${first.toFixed(0)} MB in the first five epochs, ${last.toFixed(0)} MB in the last five`); // prettier-ignore
process.exitCode = last > 1.2 * first ? 1 : 0;
