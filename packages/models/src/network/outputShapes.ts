// Shapes of what a layer gives, with its name in every complaint.
import { CajalError, showShape } from "@cajal/core";
import type { KerasShape } from "../layers/definition/shape";
import type { InnerLayer } from "../layers/definition/layer";

/**
 * Shapes of what `layer` gives for inputs of these shapes.
 *
 * @param from names of the layers that the inputs come from, for messages
 * @throws CajalError `bad-shape` and others, naming the layer and the shapes
 */
export function outputShapes(
  layer: InnerLayer,
  inputs: readonly KerasShape[],
  from: readonly string[],
): readonly KerasShape[] {
  const { definition, config, name } = layer;
  const where = `layer "${name}" (${definition.className})`;
  const [least, most] = definition.arity ?? [1, 1];
  const facts = { layer: name, inputs, from };
  if (inputs.length < least || inputs.length > most)
    throw new CajalError(
      "bad-model",
      `${where}: got ${inputs.length} inputs, expected ${most === Infinity ? `at least ${least}` : least === most ? least : `${least} to ${most}`}.`,
      facts,
    );
  const describeInputs = () =>
    inputs.map((shape, i) => `${showShape(shape)} from "${from[i]}"`).join(" and ");
  for (const shape of inputs)
    if (definition.rank !== undefined && shape.length !== definition.rank)
      throw new CajalError(
        "bad-shape",
        `${where}: got ${describeInputs()}, expected ${definition.rank} axes, the batch included.`,
        facts,
      );
  const outputs = withPlace(
    () => definition.shape(config, inputs),
    () => `${where}: got ${describeInputs()}`,
    facts,
  );
  for (const shape of outputs)
    if (shape.some((extent) => extent !== null && !(Number.isSafeInteger(extent) && extent > 0)))
      throw new CajalError(
        "bad-shape",
        `${where}: got ${describeInputs()}, which gives ${showShape(shape)}, expected extents of at least 1, small enough to count.`,
        facts,
      );
  return outputs;
}

/** What `work` gives; its errors say where. */
export function withPlace<T>(work: () => T, where: () => string, facts: object): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CajalError)) throw error;
    throw new CajalError(
      error.code,
      `${where()}: ${error.message}${error.message.endsWith(".") ? "" : "."}`,
      { ...error.facts, ...facts },
      { cause: error },
    );
  }
}
