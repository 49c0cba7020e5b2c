// Several datasets side by side: example i of each is one example.
import {
  type Batch,
  CajalError,
  type DType,
  isTensor,
  type NamedBatch,
  type NamedTensors,
  type Tensor,
  checkArgument,
} from "@cajal/core";
import { examplesAt, fromSource, type Dataset } from "../dataset";

/** Any dataset whose x and y are one tensor each. */
type Parts = Readonly<Record<string, Dataset>>;
type Zipped<P extends Parts> = NamedBatch & {
  readonly x: Readonly<Record<keyof P & string, Tensor>>;
  readonly y: Readonly<Record<keyof P & string, Tensor>>;
};

/**
 * Datasets side by side, as many examples as the shortest has: x and y are records of the parts' tensors by their
 * names, as models of several inputs and outputs take them. Each part keeps its own order (shuffled by its own seed in
 * every epoch, the same for one seed) and its own maps; of `map` one may choose: `({ x, y }) => ({ x, y: y.left })`.
 *
 * @param parts the datasets, by name; their x and y are one tensor each
 * @throws CajalError `bad-argument` for what is no dataset; on delivery `bad-shape` for records in records
 * @example zip({ left: faces, right: others }).batch(32)
 */
export function zip<P extends Parts>(parts: P): Dataset<DType, DType, Zipped<P>> {
  checkArgument("zip", "parts", parts, "object");
  const entries = Object.entries(parts);
  if (entries.length === 0)
    throw new CajalError("bad-argument", "zip: got no datasets, expected some by name: zip({ left, right })."); // prettier-ignore
  const size = Math.min(...entries.map(([name, part]) => sizeOfPart("zip", name, part)));
  return fromSource({
    size,
    async read(indices, options) {
      const batches = await Promise.all(
        entries.map(async ([name, part]) => {
          const { x, y } = await examplesAt("zip", part, indices, options);
          return [name, one(name, "x", x), one(name, "y", y)] as const;
        }),
      );
      const x = Object.fromEntries(batches.map(([name, x]) => [name, x]));
      const y = Object.fromEntries(batches.map(([name, , y]) => [name, y]));
      // A source may deliver records; the type of what comes back says so.
      return { x, y } as NamedBatch as Batch;
    },
  }).map((batch: NamedBatch) => batch as Zipped<P>);
}

function one(name: string, of: "x" | "y", value: Tensor | NamedTensors): Tensor {
  if (isTensor(value)) return value;
  throw new CajalError("bad-shape", `zip: ${of} of ${name} is a record of tensors, expected one tensor.`, { name }); // prettier-ignore
}

/** The number of its examples. */
export function sizeOfPart(where: string, name: string, part: Dataset): number {
  if (typeof part?.size === "number" && typeof part.batches === "function") return part.size;
  throw new CajalError("bad-argument", `${where}: got ${name} of type ${typeof part}, expected a dataset: dataset({ x, y }), mnist().`); // prettier-ignore
}
