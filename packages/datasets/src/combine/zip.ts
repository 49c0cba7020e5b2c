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
import { examplesAt, fromSource, sizeOfPart, type Dataset } from "../dataset";

/** Any dataset whose x and y are one tensor each. */
type Parts = Readonly<Record<string, Dataset>>;
type Zipped<P extends Parts> = NamedBatch & {
  readonly x: Readonly<Record<keyof P & string, Tensor>>;
  readonly y: Readonly<Record<keyof P & string, Tensor>>;
};

/**
 * Datasets side by side, as many examples as the shortest has: x and y are records of the parts' tensors by their
 * names, as models of several inputs and outputs take them, and so is weight, of the parts that have one. Each part
 * keeps its own order (shuffled by its own seed in every epoch, the same for one seed) and its own maps; of `map` one
 * may choose: `({ x, y }) => ({ x, y: y.left })`. Where examples are chosen (`split`, `take`), parts stay in the order of
 * epoch 0.
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
        entries.map(async ([name, part]) => [name, await examplesAt("zip", part, indices, options)] as const), // prettier-ignore
      );
      const column = (of: "x" | "y" | "weight") =>
        Object.fromEntries(
          batches.flatMap(([name, { [of]: value }]) => (value === undefined ? [] : [[name, one(name, of, value)]])), // prettier-ignore
        );
      const weight = column("weight");
      const weighted = Object.keys(weight).length > 0;
      // A source may deliver records; the type of what comes back says so.
      return { x: column("x"), y: column("y"), ...(weighted && { weight }) } as NamedBatch as Batch;
    },
  }).map((batch: NamedBatch) => batch as Zipped<P>);
}

function one(name: string, of: string, value: Tensor | NamedTensors): Tensor {
  if (isTensor(value)) return value;
  throw new CajalError("bad-shape", `zip: ${of} of ${name} is a record of tensors, expected one tensor.`, { name }); // prettier-ignore
}
