// Nodes of older operator sets (1 to 17) in the form that opset 18 has, so that all that follows
// sees one form. What changed is in ONNX's Changelog.md; the rules below give the version in which.
import { CajalError, tensor } from "@cajal/core";
import { upgradeFirst, type Adder } from "./upgradeFirst";
import { schemaIn } from "../operators/standard";
import type { ElementType } from "../model/elementType";
import type { Attribute, Node } from "../model/model";

/** A node as it is to be; its outputs keep their names. */
type Rule = (node: Node, g: Adder, opset: number) => Node;

/** Up to which opset (exclusive) a rule applies. */
const rules: Readonly<Record<string, { readonly beforeOpset: number; readonly rule: Rule }>> = {
  ...each(
    [
      "ReduceMean",
      "ReduceMax",
      "ReduceMin",
      "ReduceProd",
      "ReduceL1",
      "ReduceL2",
      "ReduceLogSum",
      "ReduceLogSumExp",
      "ReduceSumSquare",
    ],
    18,
    (node, g) => listsToInputs(node, g, ["axes"]),
  ),
  ...each(["ReduceSum", "Squeeze", "Unsqueeze"], 13, (node, g) => listsToInputs(node, g, ["axes"])),
  ...each(["Slice"], 10, (node, g) => listsToInputs(node, g, ["starts", "ends", "axes"])),
  ...each(["Split"], 18, (node, g) => {
    const converted = listsToInputs(node, g, ["split"]);
    // Equal parts are asked for by their number.
    return converted.inputs.length > 1
      ? converted
      : withAttributes(converted, { num_outputs: { type: "int", value: node.outputs.length } });
  }),
  ...each(["Clip"], 11, (node, g) => {
    const dtype = g.value(node.inputs[0]!).dtype;
    return {
      ...withoutAttributes(node, ["min", "max"]),
      inputs: withoutTrailingEmpty([node.inputs[0]!, limit("min"), limit("max")]),
    };

    function limit(name: string): string {
      const attribute = node.attributes[name];
      return attribute?.type === "float" ? scalar(g, dtype, attribute.value) : "";
    }
  }),
  ...each(["Pad"], 11, (node, g) => {
    const converted = listsToInputs(node, g, ["pads"]);
    const value = node.attributes.value;
    const dtype = g.value(node.inputs[0]!).dtype;
    return value?.type === "float" && value.value !== 0
      ? {
          ...withoutAttributes(converted, ["value"]),
          inputs: [...converted.inputs, scalar(g, dtype, value.value)],
        }
      : withoutAttributes(converted, ["value"]);
  }),
  ...each(["TopK"], 10, (node, g) => {
    const k = node.attributes.k;
    const count = k?.type === "int" ? k.value : 1;
    return { ...withoutAttributes(node, ["k"]), inputs: [...node.inputs, int64s(g, [count])] };
  }),
  ...each(["Softmax", "LogSoftmax", "Hardmax"], 13, softmax),
  ...each(["Dropout"], 12, (node, g) => {
    // The ratio matters in training only; these operator sets do not train.
    const ratio = node.attributes.ratio;
    const value = ratio?.type === "float" ? ratio.value : 0.5;
    return {
      ...withoutAttributes(node, ["ratio"]),
      inputs: [node.inputs[0]!, scalar(g, g.value(node.inputs[0]!).dtype, value)],
    };
  }),
  ...each(["BatchNormalization"], 14, (node) => {
    const spatial = node.attributes.spatial;
    if (spatial?.type === "int" && spatial.value === 0)
      throw unsupported(node, "statistics per element (spatial = 0)");
    // More outputs made it train, and gave running statistics by other rules.
    if (node.outputs.slice(1).some((name) => name !== ""))
      throw unsupported(node, "training before opset 14", "export with opset 14 or later");
    return { ...withoutAttributes(node, ["spatial"]), outputs: node.outputs.slice(0, 1) };
  }),
  ...each(["Resize"], 11, resize),
  ...each(["Upsample"], 10, resize),
  ...each(["Scatter"], 11, (node) => ({ ...node, op: "ScatterElements" })),
  ...each(["RoiAlign"], 16, (node) =>
    withAttributes(node, {
      coordinate_transformation_mode: { type: "string", value: "output_half_pixel" },
    }),
  ),
  ...each(["Scan"], 9, (node) => {
    throw unsupported(node, "Scan with a batch axis");
  }),
};

/** Operators that have a rule. */
export const upgraded: readonly string[] = Object.keys(rules);

/**
 * A node of operator set `opset` as opset 18 has it; what must come before it is added to `g`.
 *
 * @throws CajalError `unsupported` for the few forms that opset 18 has not
 */
export function upgrade(node: Node, g: Adder, opset: number): Node {
  if (node.domain !== "") return node;
  const current = opset < 7 ? upgradeFirst(node, g, opset) : node;
  const upgradeRule = Object.hasOwn(rules, node.op) ? rules[node.op] : undefined;
  return upgradeRule && opset < upgradeRule.beforeOpset
    ? upgradeRule.rule(current, g, opset)
    : current;
}

/** Operators that mean something else from an operator set after 18 on. */
const redefined: Readonly<Record<string, number>> = {
  DFT: 20, // the axis is an input
  GridSample: 20, // other words for its modes
  GroupNormalization: 21, // scale and bias per channel
};

/**
 * Whether a node of operator set `from` is the same in `to`, both 18 or later.
 *
 * @throws CajalError `unsupported` where it is not
 */
export function checkSame({ op, domain, name, outputs }: Node, from: number, to: number): void {
  if (domain !== "" || from === to) return;
  const since = Object.hasOwn(redefined, op) ? redefined[op]! : undefined;
  const isSameVersion = since === undefined || from < since === to < since;
  if (isSameVersion && from <= to) return;
  if (isSameVersion && schemaIn(op, from)?.since === schemaIn(op, to)?.since) return;
  throw new CajalError(
    "unsupported",
    `node "${name || outputs[0]}" (${op}) of opset ${from} is not the same in opset ${to}.`,
    { node: name, op, from, to },
  );
}

/** Lists that were attributes and are int64 inputs, in this order after the first. */
function listsToInputs(node: Node, g: Adder, names: readonly string[]): Node {
  // An exporter may have been ahead of its opset.
  if (node.inputs.length > 1) return node;
  const inputs = names.map((name) => {
    const attribute = node.attributes[name];
    return attribute?.type === "ints" ? int64s(g, attribute.value) : "";
  });
  return {
    ...withoutAttributes(node, names),
    inputs: withoutTrailingEmpty([node.inputs[0]!, ...inputs]),
  };
}

/** Before opset 13, over all axes from `axis` (1) on together. */
function softmax(node: Node, g: Adder): Node {
  const x = g.value(node.inputs[0]!);
  const attribute = node.attributes.axis;
  const statedAxis = attribute?.type === "int" ? attribute.value : 1;
  const rank = x.shape?.length;
  if (rank === undefined) throw unsupported(node, "an input of unknown rank");
  const axis = statedAxis < 0 ? statedAxis + rank : statedAxis;
  if (axis === rank - 1) return withAttributes(node, { axis: { type: "int", value: -1 } });
  const flat = g.op("Flatten", [x], { axis });
  const y = g.op(node.op, [flat], { axis: -1 });
  return {
    ...node,
    op: "Reshape",
    inputs: [y.name, g.op("Shape", [x]).name],
    attributes: {},
  };
}

/** Resize of opset 10 and Upsample: scales were input 1, or attributes. */
function resize(node: Node, g: Adder): Node {
  const { mode, scales, height_scale, width_scale } = node.attributes;
  let factors = node.inputs[1];
  if (scales?.type === "floats") factors = float32s(g, scales.value);
  else if (height_scale?.type === "float" && width_scale?.type === "float")
    factors = float32s(g, [1, 1, height_scale.value, width_scale.value]);
  if (!factors) throw unsupported(node, "no scales");
  // The nearest pixel was not defined; ONNX Runtime takes the next one when it makes smaller.
  const elements = g.find(factors)?.elements ?? [];
  const isShrinking = elements.some((factor) => typeof factor === "number" && factor < 1);
  if (isShrinking && elements.some((factor) => typeof factor === "number" && factor > 1))
    throw unsupported(node, "scales that make larger and smaller at once");
  const resizeAttributes: Record<string, Attribute> = {
    coordinate_transformation_mode: { type: "string", value: "asymmetric" },
    nearest_mode: { type: "string", value: isShrinking ? "ceil" : "floor" },
    mode: { type: "string", value: "nearest" },
  };
  if (mode?.type === "string")
    resizeAttributes.mode = {
      type: "string",
      value: mode.value === "bilinear" ? "linear" : mode.value,
    };
  return {
    ...node,
    op: "Resize",
    inputs: [node.inputs[0]!, "", factors],
    attributes: resizeAttributes,
  };
}

function each(ops: readonly string[], beforeOpset: number, rule: Rule) {
  return Object.fromEntries(ops.map((op) => [op, { beforeOpset, rule }]));
}

function withoutAttributes(node: Node, names: readonly string[]): Node {
  const attributes = Object.entries(node.attributes).filter(([name]) => !names.includes(name));
  return { ...node, attributes: Object.fromEntries(attributes) };
}

const withAttributes = (node: Node, added: Readonly<Record<string, Attribute>>): Node => ({
  ...node,
  attributes: { ...node.attributes, ...added },
});

/** Optional inputs left out at the end are not written. */
function withoutTrailingEmpty(inputs: readonly string[]): readonly string[] {
  return inputs.slice(0, inputs.findLastIndex((name) => name !== "") + 1);
}

const int64s = (g: Adder, values: readonly number[]) =>
  // "To the end" is 2⁶³ − 1, which no number is.
  g.constant({
    dtype: "int64",
    shape: [values.length],
    data: BigInt64Array.from(values, (value) =>
      value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value),
    ),
  }).name;

const float32s = (g: Adder, values: readonly number[]) =>
  g.constant(tensor("float32", [values.length], values)).name;

const scalar = (g: Adder, dtype: ElementType, value: number) => g.scalar(dtype, value).name;

const unsupported = (node: Node, what: string, instead?: string) =>
  new CajalError(
    "unsupported",
    `node "${node.name || node.outputs[0]}" (${node.op}): ${what} cannot be brought to opset 18${instead ? `: ${instead}` : ""}.`,
    { node: node.name, op: node.op },
  );
