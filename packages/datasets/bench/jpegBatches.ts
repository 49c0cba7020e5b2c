// What worker threads compute for jpegs.ts: a folder's JPEGs as batches of 32, 224 × 224, normalised.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { preprocessInput, tensor, type Tensor } from "@cajal/core";
import { fromSource, resize } from "../src/index";
import { readImage } from "../src/node";

export default function make({ folder, like }: { folder: string; like: "pillow" | "tensorflow" }) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".jpg"));
  // A decoded image is needed until it is resized: all in one place, which stays in the processor's cache.
  let memory = new Uint8Array(2 ** 20);
  const scratch = (dtype: string, shape: readonly number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    if (size > memory.length) memory = new Uint8Array(size);
    return { dtype, shape, data: memory.subarray(0, size) } as Tensor as Tensor<never>;
  };
  return fromSource({
    size: files.length,
    async read(indices, { tensor: allocate }) {
      const x = allocate("float32", [indices.length, 224, 224, 3]);
      for (const [i, index] of indices.entries()) {
        const image = await readImage(join(folder, files[index]!), { like, tensor: scratch });
        const small = resize(image, { width: 224, height: 224, method: "bilinear" });
        // Normalised while it is in the processor's cache, into its place in the batch.
        const data = x.data.subarray(i * small.data.length, (i + 1) * small.data.length);
        // It asks for the type that x is of.
        preprocessInput(small, "torch", { tensor: (dtype, shape) => ({ dtype, shape, data }) as Tensor as Tensor<typeof dtype> }); // prettier-ignore
      }
      return { x, y: tensor("int32", [indices.length], Int32Array.from(indices)) };
    },
  });
}
