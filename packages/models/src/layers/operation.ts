// An operation of keras.ops on tensors and numbers, as functional models have them beside layers.
// keras.io/api/ops
import { CajalError, unknownName } from "@cajal/core";
import { GraphBuilder, type Value } from "@cajal/onnx";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { operations } from "./shared/operations";

const argumentList = f.fieldOf<readonly unknown[]>("a list", (raw) =>
  Array.isArray(raw) ? raw : undefined,
);

export const operation = defineLayer({
  className: "Operation",
  fields: {
    /** Its class in Keras 3: `"Multiply"`, `"GetItem"`. */
    operation: f.text(),
    /** What it is given, in order: `{ tensor: i }` is input `i`, all else as Keras writes it. */
    arguments: argumentList(),
    /** What it is given by name. */
    options: f.kept(null),
  },
  arity: [1, Infinity],
  positional: true,
  notInKeras: true,
  shape: (config, inputs) => {
    const g = new GraphBuilder();
    // A free extent has the name of its place, so that equal ones are known as such.
    const values = inputs.map(
      (shape, i) =>
      g.input(`input_${i}`, "float32", shape.map((extent, axis) => extent ?? `axis_${axis}`)), // prettier-ignore
    );
    const { shape } = applied(config, values, g);
    if (!shape) throw new CajalError("unsupported", "its result's shape is not known", {});
    return [shape.map((extent) => (typeof extent === "number" ? extent : null))];
  },
  layout: "channelsLast",
  lower: (config, inputs, g) => [applied(config, inputs, g)],
  samples: [
    { config: { operation: "Multiply", arguments: [{ tensor: 0 }, 2] }, inputs: [[2, 3]] },
    { config: { operation: "Add", arguments: [{ tensor: 0 }, { tensor: 1 }] }, inputs: [[2, 3, 4], [2, 1, 4]] },
    { config: { operation: "Mean", arguments: [{ tensor: 0 }], options: { axis: 1, keepdims: false } }, inputs: [[2, 3, 4]] },
    {
      config: { operation: "GetItem", arguments: [{ tensor: 0 }, [{ start: null, stop: null, step: null }, { start: 1, stop: null, step: null }, -1]] },
      inputs: [[2, 3, 4]],
    },
    { config: { operation: "Softmax", arguments: [{ tensor: 0 }], options: { axis: 1 } }, inputs: [[2, 3, 4]] },
  ], // prettier-ignore
});

interface Config {
  readonly operation: string;
  readonly arguments: readonly unknown[];
  readonly options: unknown;
}

function applied(config: Config, inputs: readonly Value[], g: GraphBuilder): Value {
  const { operation: name, options } = config;
  const apply = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (!apply) throw unknownName("operation of Keras", name, Object.keys(operations));
  const filled = (given: unknown): unknown => {
    if (Array.isArray(given)) return given.map(filled);
    if (typeof given !== "object" || given === null || !("tensor" in given)) return given;
    const input = inputs[Number(given.tensor)];
    if (!input)
      throw new CajalError("bad-model", `it has ${inputs.length} inputs, and wants input ${String(given.tensor)}`, {}); // prettier-ignore
    return input;
  };
  const named = typeof options === "object" && options !== null ? { ...options } : {};
  const values = Object.entries(named).map(([key, value]) => [key, filled(value)]);
  return apply({ given: config.arguments.map(filled), options: Object.fromEntries(values) }, g);
}
