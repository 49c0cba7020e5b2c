// Checks of the tensors that are fed to a model, the same for all engines.
import {
  CajalError,
  checkArgument,
  checkTensor,
  showShape,
  unknownName,
  type Tensor,
} from "@cajal/core";
import type { IndexInput } from "@cajal/models";
import type { ValueInfo } from "@cajal/onnx";
import { ownValue } from "./ownValue";

/**
 * Checks that `feeds` has a tensor of the right dtype and shape for each of `inputs`, and no others.
 *
 * @param tables the inputs that are looked up in tables
 * @throws CajalError `bad-argument`, `bad-shape`, `unknown-name`, naming the input and both shapes
 */
export function checkFeeds(
  feeds: Readonly<Record<string, Tensor>>,
  inputs: readonly ValueInfo[],
  tables: readonly IndexInput[],
): void {
  checkArgument("run", "feeds", feeds, "object");
  const names = inputs.map(({ name }) => name);
  for (const name of Object.keys(feeds))
    if (!names.includes(name)) throw unknownName("input of the model", name, names);
  const sizes = new Map<string, { size: number; input: string }>();
  for (const { name, dtype, shape } of inputs) {
    const tensor = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    const expected = `${dtype} ${shape ? showShape(shape) : "of any shape"}`;
    if (!tensor)
      throw new CajalError("bad-argument", `input "${name}": got nothing, expected ${expected}.`, {
        input: name,
        expected: { dtype, shape },
      });
    checkTensor(tensor, `input "${name}"`);
    const facts = {
      input: name,
      got: { dtype: tensor.dtype, shape: tensor.shape },
      expected: { dtype, shape },
    };
    const got = `${tensor.dtype} ${showShape(tensor.shape)}`;
    if (tensor.dtype !== dtype) {
      // Images are whole numbers, and become others; numbers of words stay what they are.
      const mayBePixels = dtype.startsWith("float") && !tensor.dtype.startsWith("float");
      throw new CajalError(
        "bad-argument",
        `input "${name}": got ${got}, expected ${expected}. Nothing is converted in silence: make it ${dtype} first` +
          `${mayBePixels ? ", scaled as the model was trained (pixels 0–255 are often divided by 255)" : ""}: ` +
          `tensor("${dtype}", x.shape, x.data).`,
        facts,
      );
    }
    if (!shape) continue;
    const mismatch = (reason: string) =>
      new CajalError(
        "bad-shape",
        `input "${name}": got ${got}, expected ${expected}${reason}.`,
        facts,
      );
    if (shape.length !== tensor.shape.length)
      throw mismatch(
        shape.length === tensor.shape.length + 1
          ? `: ${shape.length} axes, the first of them the batch`
          : "",
      );
    for (const [axis, extent] of shape.entries()) {
      const size = tensor.shape[axis]!;
      if (typeof extent === "number" && extent !== size) throw mismatch(`: axis ${axis} differs`);
      // A free extent that several inputs share, such as the batch, is the same in all of them.
      if (typeof extent !== "string") continue;
      const first = sizes.get(extent);
      if (first && first.size !== size)
        throw mismatch(`: "${extent}" is ${first.size} in input "${first.input}"`);
      sizes.set(extent, { size: size, input: name });
    }
  }
  for (const table of tables) {
    const tensor = ownValue(feeds, table.input);
    if (tensor) checkIndices(`input "${table.input}"`, tensor, table);
  }
}

/**
 * Checks numbers that a layer looks up in its table, before an engine stops with words of its own. Negative ones count
 * from the end, as in Keras 3.
 *
 * @throws CajalError `bad-argument`
 */
export function checkIndices(
  where: string,
  { data }: Tensor,
  { rows, layer }: Pick<IndexInput, "rows" | "layer">,
): void {
  for (let i = 0; i < data.length; i++) {
    const index = Number(data[i]);
    // Fractions of float32 are cut off, as Keras does.
    if (index > -rows - 1 && index < rows) continue;
    throw new CajalError(
      "bad-argument",
      `${where}: got ${index} as element ${i}, expected a number of 0 … ${rows - 1}: layer "${layer}" looks it up in a table of ${rows} rows.`,
      { index: i, value: index, rows, layer },
    );
  }
}
