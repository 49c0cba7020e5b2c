// Operations that functional models have beside layers, as layers of class Operation: those of keras.ops, as Keras 3
// writes them, and those of TensorFlow, which Keras 2 wraps in TFOpLambda and SlicingOpLambda.
import { CajalError } from "@cajal/core";
import { operation } from "../layers/operation";
import { operations } from "../layers/shared/operations";
import { isObject, type Json } from "./json";
import { layerOf } from "./layerOf";

type Ref = readonly [layer: string, node: number, tensor: number];

/** Layers of a model, the operations among them written as layers. */
export const withOperations = (layers: readonly unknown[]): readonly unknown[] =>
  layers.map((entry) =>
    isObject(entry) ? (ofKeras3(entry) ?? ofTensorFlow(entry) ?? entry) : entry,
  );

/** Arguments with places for tensors, and what these are. */
function withReferences(
  value: unknown,
  refOf: (value: unknown) => Ref | undefined,
  refs: Ref[],
): unknown {
  const ref = refOf(value);
  if (ref) return { tensor: refs.push(ref) - 1 };
  return Array.isArray(value) ? value.map((each) => withReferences(each, refOf, refs)) : value;
}

function writeCall(
  { name, config }: Json,
  [operationName, value, options]: readonly [string, readonly unknown[], Json],
  refOf: (value: unknown) => Ref | undefined,
): Json {
  const refs: Ref[] = [];
  const positions = value.map((each) => withReferences(each, refOf, refs));
  const keywordArguments = Object.entries(options).map(([key, value]) => [
    key,
    withReferences(value, refOf, refs),
  ]);
  const configName = isObject(config) ? config.name : undefined;
  return {
    class_name: operation.className,
    name: name ?? configName,
    config: {
      name: name ?? configName,
      operation: operationName,
      arguments: positions,
      options: Object.fromEntries(keywordArguments),
    },
    inbound_nodes: [refs.map((ref) => [...ref, {}])],
  };
}

/** One call, for an operation has no more. */
function onlyCall({ name, inbound_nodes }: Json): unknown {
  if (Array.isArray(inbound_nodes) && inbound_nodes.length === 1) return inbound_nodes[0];
  throw new CajalError("unsupported", `operation "${String(name)}": it is called more than once, which Cajal does not read.`, { name }); // prettier-ignore
}

const kerasTensor = (value: unknown): Ref | undefined => {
  const config = isObject(value) ? value.config : undefined;
  const history = isObject(config) ? config.keras_history : undefined;
  return isRef(history) ? history : undefined;
};

const isRef = (value: unknown): value is Ref =>
  Array.isArray(value) &&
  value.length === 3 &&
  typeof value[0] === "string" &&
  value.slice(1).every(Number.isInteger);

function ofKeras3(entry: Json): Json | undefined {
  const { class_name, module, inbound_nodes } = entry;
  const [call]: unknown[] = Array.isArray(inbound_nodes) ? inbound_nodes : [];
  if (typeof class_name !== "string" || !isObject(call) || !Array.isArray(call.args))
    return undefined;
  const value: unknown[] = call.args;
  const isOperation =
    module === undefined
      ? // HDF5 files leave modules out. Layers that are named alike are given a list.
        Object.hasOwn(operations, class_name) &&
        (!layerOf(class_name) ||
          (value.length > 1 && !Array.isArray(value[0])) ||
          (isObject(entry.config) && "newshape" in entry.config))
      : String(module).startsWith("keras.src.ops.");
  if (!isOperation) return undefined;
  const { args, kwargs } = onlyCall(entry) as { args: unknown[]; kwargs?: unknown };
  const { name: _, ...settings } = isObject(entry.config) ? entry.config : {};
  return writeCall(entry, [class_name, args, { ...settings, ...(isObject(kwargs) ? kwargs : {}) }], kerasTensor); // prettier-ignore
}

/** TensorFlow's functions by the operations that they are, and what Keras calls their arguments. */
const functions: Readonly<
  Record<string, string | readonly [string, Readonly<Record<string, string>>]>
> = {
  "__operators__.add": "Add",
  "math.add": "Add",
  "math.subtract": "Subtract",
  "math.multiply": "Multiply",
  "math.truediv": "Divide",
  "math.divide": "Divide",
  "math.pow": "Power",
  "math.maximum": "Maximum",
  "math.minimum": "Minimum",
  "math.negative": "Negative",
  "math.abs": "Absolute",
  "math.exp": "Exp",
  "math.log": "Log",
  "math.sqrt": "Sqrt",
  "math.rsqrt": "Rsqrt",
  "math.square": "Square",
  "math.sigmoid": "Sigmoid",
  "math.tanh": "Tanh",
  "math.softplus": "Softplus",
  "math.reduce_mean": "Mean",
  "math.reduce_sum": "Sum",
  "math.reduce_max": "Max",
  "math.reduce_min": "Min",
  "math.reduce_prod": "Prod",
  "nn.relu": "Relu",
  "nn.relu6": "Relu6",
  "nn.elu": "Elu",
  "nn.selu": "Selu",
  "nn.silu": "Silu",
  "nn.gelu": "Gelu",
  "nn.sigmoid": "Sigmoid",
  "nn.tanh": "Tanh",
  "nn.softplus": "Softplus",
  "nn.softmax": "Softmax",
  "nn.log_softmax": "LogSoftmax",
  "linalg.matmul": "Matmul",
  reshape: ["Reshape", { shape: "newshape" }],
  transpose: ["Transpose", { perm: "axes" }],
  expand_dims: "ExpandDims",
  squeeze: "Squeeze",
  concat: "Concatenate",
  stack: "Stack",
  clip_by_value: ["Clip", { clip_value_min: "x_min", clip_value_max: "x_max" }],
  "__operators__.getitem": "GetItem",
};

/** Arguments that come in their places. */
const inPlace = ["x", "a", "tensor", "input_tensor", "features", "logits", "input", "y", "b", "values", "slice_spec"]; // prettier-ignore
/** Arguments that change nothing where they have these values. */
const defaultArguments: Readonly<Record<string, readonly unknown[]>> = {
  name: [],
  dtype: ["float32"],
  transpose_a: [false],
  transpose_b: [false],
  adjoint_a: [false],
  adjoint_b: [false],
  a_is_sparse: [false],
  b_is_sparse: [false],
  output_type: [],
  conjugate: [false],
  approximate: [false],
  grad_a: [false],
  grad_b: [false],
};

function ofTensorFlow(entry: Json): Json | undefined {
  const { class_name, config } = entry;
  if (class_name !== "TFOpLambda" && class_name !== "SlicingOpLambda") return undefined;
  const where = `operation "${String(entry.name)}"`;
  const name = isObject(config) ? String(config.function) : "";
  const kerasOperation = Object.hasOwn(functions, name) ? functions[name]! : undefined;
  if (kerasOperation === undefined)
    throw new CajalError("unsupported", `${where}: it is TensorFlow's tf.${name}, which Cajal does not have. Known: ${Object.keys(functions).join(", ")}. Put a layer in its place, and save the model again.`, { function: name }); // prettier-ignore
  const [operationName, argumentNames] = typeof kerasOperation === "string" ? [kerasOperation, {} as Record<string, string>] : kerasOperation; // prettier-ignore
  const call = onlyCall(entry);
  const callEntries: unknown[] = Array.isArray(call) ? call : [];
  // One call with one tensor lies without the list of its tensors.
  const refs: unknown[] = Array.isArray(callEntries[0]) ? callEntries : [callEntries];
  const kwargs = refs.map((ref) => (Array.isArray(ref) && isObject(ref[3]) ? ref[3] : {}))[0]!;
  const heads = refs.map((ref) =>
    Array.isArray(ref) && ref[0] === "_CONSTANT_VALUE" ? (ref[2] as unknown) : ref,
  );
  const settings: Record<string, unknown> = {};
  const positions: unknown[] = operationName === "Concatenate" || operationName === "Stack" ? [heads] : [...heads]; // prettier-ignore
  for (const [key, value] of Object.entries(kwargs)) {
    if (Object.hasOwn(defaultArguments, key)) {
      if (value === null || defaultArguments[key]!.includes(value) || key === "name") continue;
      throw new CajalError("unsupported", `${where}: tf.${name} with ${key} = ${JSON.stringify(value)}, which Cajal does not honour.`, { key }); // prettier-ignore
    }
    if (inPlace.includes(key)) positions.push(value);
    else settings[Object.hasOwn(argumentNames, key) ? argumentNames[key]! : key] = value;
  }
  return writeCall(entry, [operationName, positions, settings], tensorRef);
}

const tensorRef = (value: unknown): Ref | undefined =>
  Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "number"
    ? [value[0], value[1], Number(value[2])]
    : undefined;
