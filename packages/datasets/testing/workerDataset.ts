// A module for worker threads: pictures from files, decoded, resized, augmented and mixed.
import { CajalError, tensor } from "@cajal/core";
import type { Tensor } from "@cajal/core";
import { dataset, oneHot, randomFlip, randomMixup, randomTranslation, rescale } from "../src/index";

interface Options {
  readonly n?: number;
  readonly fail?: number;
  /** See makeSharing. */
  readonly sharing?: "constants" | "kept";
  /** What its map does. */
  readonly odd?: keyof typeof odds;
}

const odds = {
  throwsText: () => {
    throw "text";
  },
  throwsNothing: () => {
    throw undefined;
  },
  throwsRange: () => {
    throw new RangeError("too far");
  },
  throwsFacts: () => {
    throw new CajalError("bad-file", "damaged", { row: 3, read: () => 3 });
  },
  hasFields: () => ({ at: new Date(7), names: new Map([["a", 1]]), bytes: Buffer.from([1, 2]) }),
} satisfies Record<string, () => object>;

export default function make({ n = 24, fail, sharing, odd }: Options = {}) {
  if (odd) {
    const one = dataset({ x: tensor("float32", [1, 1]), y: tensor("int32", [1]) });
    return one.map((batch) => ({ ...batch, ...odds[odd]() }));
  }
  if (sharing) return makeSharing(sharing === "kept");
  const x = Uint8Array.from({ length: n * 6 * 5 * 3 }, (_, i) => (i * 7919) % 256);
  return dataset({
    x: tensor("uint8", [n, 6, 5, 3], x),
    y: tensor(
      "int32",
      [n],
      Int32Array.from({ length: n }, (_, i) => i % 4),
    ),
    classes: ["a", "b", "c", "d"],
  })
    .shuffle({ seed: 1 })
    .batch(5)
    .map((batch, { index }) => {
      if (index === fail) throw new Error(`batch ${index} is not to be had`);
      return batch;
    })
    .map(randomFlip({ seed: 2 }))
    .map(randomTranslation(1, { seed: 2 }))
    .map(rescale(1 / 255))
    .map(oneHot(4))
    .map(randomMixup({ seed: 3, alpha: 0.2 }));
}

/** What its maps return is not each batch's alone: one tensor for all, one twice, rows of a table, an earlier batch's. */
function makeSharing(kept: boolean) {
  const n = 40;
  const table = tensor(
    "float32",
    [n, 2],
    Float32Array.from({ length: 2 * n }, (_, i) => i),
  );
  const constant = tensor("int32", [5, 2], Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  let first: Tensor<"float32"> | undefined;
  return dataset({ x: table, y: tensor("int32", [n], new Int32Array(n)) })
    .batch(5)
    .map(({ x }, context) => {
      const from = 10 * context.index;
      const rows = {
        dtype: "float32",
        shape: [5, 2],
        data: table.data.subarray(from, from + 10),
      } as const;
      if (kept) first ??= context.tensor("float32", [5, 2]);
      return {
        x: { x, rows, again: rows },
        y: { constant, twice: constant, ...(first && { first }) },
      } as never;
    });
}
