// An operation of keras.ops on tensors and numbers, as functional models have them beside layers.
// keras.io/api/ops
import { CajalError, unknownName } from "@cajal/core";
import { GraphBuilder, type Value } from "@cajal/onnx/builder";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { showConfigValue } from "./definition/shown";
import { moduleOf, operations } from "./shared/operations";

const argumentList = f.fieldOf<readonly unknown[]>("a list", (raw) =>
  Array.isArray(raw) ? raw : undefined,
);

export const operation = defineLayer({
  className: "Operation",
  fields: {
    /** Its class in Keras 3: `"Multiply"`, `"GetItem"`. */
    operation: f.text(),
    /** Positional arguments: `{ tensor: i }` is input `i`, all else as Keras writes it. */
    arguments: argumentList(),
    /** Keyword arguments. */
    options: f.kept(null),
  },
  arity: [1, Infinity],
  positional: true,
  asOperation: ({ operation, arguments: args, options }) => {
    const named = Object.entries(typeof options === "object" && options !== null ? options : {});
    const pick = (given: boolean) => Object.fromEntries(named.filter(([name, value]) => (hasTensor(value) || inCalls.includes(name)) === given)); // prettier-ignore
    return {
      module: `keras.src.ops.${moduleOf(operation)}`,
      className: operation,
      settings: pick(false),
      args: args.map(asKerasSlices),
      kwargs: pick(true),
    };
  },
  shape: (config, inputs) => {
    const g = new GraphBuilder();
    // A free extent has the name of its place, so that equal ones are known as such.
    const values = inputs.map(
      (shape, i) =>
      g.input(`input_${i}`, "float32", shape.map((extent, axis) => extent ?? `axis_${axis}`)), // prettier-ignore
    );
    return applyOperation(config, values, g).map(({ shape }) => {
      if (!shape) throw new CajalError("unsupported", "its result's shape is not known", {});
      return shape.map((extent) => (typeof extent === "number" ? extent : null));
    });
  },
  layout: "channelsLast",
  lower: (config, inputs, g) => applyOperation(config, inputs, g),
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

/** What is given in the call though it is no tensor: the number that Pad puts around one. */
const inCalls: readonly string[] = ["constant_values"];

/** Whether an argument has inputs in it: such are given in the call, all else is a setting. */
const hasTensor = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.some(hasTensor)
    : typeof value === "object" && value !== null && "tensor" in value;

/** Slices, which TensorFlow writes bare. */
function asKerasSlices(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asKerasSlices);
  return typeof value === "object" && value !== null && "start" in value && "stop" in value
    ? { class_name: "__slice__", config: value }
    : value;
}

interface Config {
  readonly operation: string;
  readonly arguments: readonly unknown[];
  readonly options: unknown;
}

function applyOperation(
  config: Config,
  inputs: readonly Value[],
  g: GraphBuilder,
): readonly Value[] {
  const { operation: name, options } = config;
  const apply = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (!apply) throw unknownName("operation of Keras", name, Object.keys(operations));
  const fillValues = (argument: unknown): unknown => {
    if (Array.isArray(argument)) return argument.map(fillValues);
    if (typeof argument !== "object" || argument === null || !("tensor" in argument))
      return argument;
    const input = inputs[Number(argument.tensor)];
    if (!input)
      throw new CajalError("bad-model", `it has ${inputs.length} inputs, and wants input ${String(argument.tensor)}`, {}); // prettier-ignore
    return input;
  };
  const keywordArguments = typeof options === "object" && options !== null ? { ...options } : {};
  const values = Object.entries(keywordArguments).map(
    ([key, value]) => [key, fillValues(value)] as const,
  );
  const read = new Set<PropertyKey>();
  const trackedOptions = new Proxy(Object.fromEntries(values), {
    get(all, key) {
      read.add(key);
      return Reflect.get(all, key) as unknown;
    },
  });
  const result = apply(
    { positional: config.arguments.map(fillValues), options: trackedOptions },
    g,
  );
  for (const [key, value] of values)
    if (!read.has(key) && value !== undefined && value !== null && !neutralOptions[key]?.(value))
      throw new CajalError("unsupported", `${name} with ${key} = ${showConfigValue(value)}, which Cajal does not honour`, { operation: name, key, value }); // prettier-ignore
  return Array.isArray(result) ? (result as readonly Value[]) : [result as Value];
}

/** Options that change nothing, or nothing with these values; any other that an operation does not read is refused. */
const neutralOptions: Readonly<Record<string, (value: unknown) => boolean>> = {
  dtype: () => true,
  trainable: () => true,
  decimals: (value) => value === 0,
  sparse: (value) => value === false,
  indexing: (value) => value === "xy",
  antialias: (value) => value === false,
  crop_to_aspect_ratio: (value) => value === false,
  pad_to_aspect_ratio: (value) => value === false,
  fill_mode: (value) => value === "constant",
  fill_value: (value) => value === 0,
};
