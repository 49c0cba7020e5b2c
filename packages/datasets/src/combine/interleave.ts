// Several datasets as one: their examples in turns.
import {
  type Batch,
  CajalError,
  checkArgument,
  checkInteger,
  checkOptions,
  type DType,
  isTensor,
  type NamedTensors,
  showShape,
  type Tensor,
} from "@cajal/core";
import {
  examplesAt,
  fromSource,
  labelsOf,
  sizeOfPart,
  type Allocate,
  type Dataset,
  type ReadOptions,
} from "../dataset";

/**
 * Datasets one after the other in turns: `block` examples of the first, as many of the second, and so on, again from
 * the first, until all are used up; those that end sooner are passed over, as tf.data's `interleave` does. Each part
 * keeps its own order and maps; shuffle the result to mix it wholly. Where examples are chosen (`split`, `take`), parts stay
 * in the order of epoch 0.
 *
 * @param parts examples of one shape and type; of those that name their classes all name the same, in one order
 * @param options.block examples that are taken in a turn, default 1
 * @throws CajalError `bad-argument` for what is no dataset, and for other classes; on delivery `bad-shape` where shapes or types differ
 * @example interleave([photographs, drawings]).shuffle({ seed: 1 }).batch(32)
 */
export function interleave<X extends DType, Y extends DType>(
  parts: readonly Dataset<X, Y>[],
  options: { block?: number } = {},
): Dataset<X, Y> {
  checkArgument("interleave", "parts", parts, "array");
  checkOptions("interleave", options, { block: { whole: true, least: 1 } });
  const { block = 1 } = options;
  checkInteger("interleave", "block", block, { least: 1 });
  // Their types differ in what the compiler alone sees.
  const all = parts as readonly Dataset[];
  const sizes = all.map((part, i) => sizeOfPart("interleave", `part ${i}`, part));
  if (sizes.length === 0)
    throw new CajalError("bad-argument", "interleave: got no datasets, expected some: interleave([first, second])."); // prettier-ignore
  const size = sizes.reduce((sum, each) => sum + each, 0);
  // Of each example: which part it is of, and where there.
  const of = new Uint32Array(size);
  const at = new Uint32Array(size);
  const positions = sizes.map(() => 0);
  for (let i = 0; i < size;)
    for (const [part, length] of sizes.entries())
      for (let k = 0; k < block && positions[part]! < length; k++, i++) {
        of[i] = part;
        at[i] = positions[part]!++;
      }
  const labels = all.map((part) => labelsOf("interleave", part));
  const classes = commonClasses(all);
  return fromSource<X, Y>({
    size,
    ...(classes && { classes }),
    // Known of all or of none.
    ...(labels.every((each) => each !== undefined) && { labels: Array.from(of, (part, i) => labels[part]![at[i]!]!) }), // prettier-ignore
    async read(indices, options) {
      if (indices.length === 0) return (await examplesAt("interleave", all[0]!, indices, options)) as Batch<X, Y>; // prettier-ignore
      const batches = await Promise.all(
        all.map((part, k) => {
          const mine = indices.filter((i) => of[i] === k).map((i) => at[i]!);
          return mine.length > 0 ? examplesAt("interleave", part, mine, options) : undefined;
        }),
      );
      const turns = Array.from(indices, (i) => of[i]!);
      return merged(batches, turns, options) as Batch<X, Y>;
    },
  });
}

/** The names of the classes where all parts have them: a class number means the same in each. */
function commonClasses(parts: readonly Dataset[]): readonly string[] | undefined {
  const named = parts.findIndex(({ classes }) => classes !== undefined);
  const { classes } = parts[named] ?? {};
  const odd = parts.findIndex((part) => part.classes && !isSameList(part.classes, classes!));
  if (odd >= 0)
    throw new CajalError("bad-argument", `interleave: part ${odd} has the classes ${parts[odd]!.classes!.join(", ")}, and part ${named} ${classes!.join(", ")}: a class number would mean two things. Give all parts the same classes in one order.`, { part: odd }); // prettier-ignore
  return parts.every((part) => part.classes) ? classes : undefined;
}

const isSameList = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((each, i) => each === b[i]);

/** @param turns of each example the batch it comes from, in whose order it stands there */
function merged(
  batches: readonly (Batch | undefined)[],
  turns: readonly number[],
  { tensor }: ReadOptions,
): Batch {
  // prettier-ignore
  const column = (of: "x" | "y" | "weight") =>
    concatenated(batches.map((batch) => batch?.[of]), turns, of, tensor); // prettier-ignore
  const weighted = batches.some((batch) => batch?.weight !== undefined);
  return {
    x: column("x"),
    y: column("y"),
    ...(weighted && { weight: column("weight") as Tensor<"float32"> }),
  } as Batch;
}

function concatenated(
  values: readonly (Tensor | NamedTensors | undefined)[],
  turns: readonly number[],
  what: string,
  tensor: Allocate,
): Tensor | NamedTensors {
  const first = values.find((value) => value !== undefined)!;
  if (isTensor(first)) return joinedRows(values as readonly (Tensor | undefined)[], turns, what, tensor); // prettier-ignore
  const names = Object.keys(first);
  const odd = values.findIndex((value) => value && (isTensor(value) || !isSameList(Object.keys(value).sort(), names.toSorted()))); // prettier-ignore
  if (odd >= 0)
    throw new CajalError("bad-shape", `interleave: ${what} of part ${odd} is ${isTensor(values[odd]!) ? "one tensor" : Object.keys(values[odd]!).join(", ")}, of another ${names.join(", ")}, expected the same names.`, { part: odd }); // prettier-ignore
  const of = (name: string) => values.map((value) => (value as NamedTensors | undefined)?.[name]);
  return Object.fromEntries(
    names.map((name) => [name, joinedRows(of(name), turns, `${what} ${name}`, tensor)]),
  );
}

function joinedRows(
  parts: readonly (Tensor | undefined)[],
  turns: readonly number[],
  what: string,
  tensor: Allocate,
): Tensor {
  const kind = ({ dtype, shape }: Tensor) => `${dtype} ${showShape(shape.slice(1))}`;
  const first = parts.find((part) => part !== undefined)!;
  const odd = turns.find((turn) => parts[turn] === undefined || !isTensor(parts[turn]) || kind(parts[turn]) !== kind(first)); // prettier-ignore
  if (odd !== undefined)
    throw new CajalError("bad-shape", `interleave: ${what} of part ${odd} is ${parts[odd] && isTensor(parts[odd]) ? kind(parts[odd]) : "missing"}, of another ${kind(first)}, expected one kind.`, { part: odd }); // prettier-ignore
  const out = tensor(first.dtype, [turns.length, ...first.shape.slice(1)]);
  const length = out.data.length / turns.length;
  const next = parts.map(() => 0);
  turns.forEach((turn, i) => {
    const from = length * next[turn]!++;
    // All are of one type.
    (out.data as Uint8Array).set((parts[turn]!.data as Uint8Array).subarray(from, from + length), i * length); // prettier-ignore
  });
  return out;
}
