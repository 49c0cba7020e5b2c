// Runs a graph of ONNX operators as TF.js' operations, gradients included.
import { CajalError, tensor, type Tensor } from "@cajal/core";
import { isCarried, type Graph } from "@cajal/onnx";
import type * as tfc from "@tensorflow/tfjs-core";
import { toTfjs } from "./tensors";
import { tfjsOperators } from "./operators";
import { attributesOf } from "./operators/operator";
import type { TfCore } from "./peers";

interface Feeds {
  /** The graph's inputs input_0, input_1, … */
  readonly inputs: readonly tfc.Tensor[];
  /** Its inputs layer/<name>. */
  readonly weights: Readonly<Record<string, tfc.Tensor>>;
  /** Whose graph it is, for messages. */
  readonly layer: string;
}

/** Runs a graph's nodes, in their order. */
export function runGraph(
  tf: TfCore,
  { nodes, initializers, outputs }: Graph,
  { inputs, weights, layer }: Feeds,
): readonly tfc.Tensor[] {
  const values = new Map<string, tfc.Tensor>();
  inputs.forEach((x, i) => values.set(`input_${i}`, x));
  for (const [name, weight] of Object.entries(weights)) values.set(`layer/${name}`, weight);
  for (const [name, constant] of initializers)
    if (!isCarried(constant)) values.set(name, toTfjs(tf, inRange(constant), name));
  for (const node of nodes) {
    const operator = tfjsOperators[node.op];
    if (!operator)
      throw new CajalError(
        "unsupported",
        `layer "${layer}": it is computed by the operator ${node.op}, which Cajal does not have on TF.js. Use engine onnx.`,
        { layer, op: node.op, engine: "tfjs" },
      );
    const { get, unread } = attributesOf(node);
    const operands = node.inputs.map((name) => (name === "" ? undefined : values.get(name)!));
    const result = operator(operands as [tfc.Tensor, ...(tfc.Tensor | undefined)[]], {
      tf,
      outputs: node.outputs.length,
      get,
    });
    const [attribute] = unread();
    if (attribute !== undefined)
      throw new CajalError(
        "unsupported",
        `layer "${layer}": it is computed by the operator ${node.op} with ${attribute} ${JSON.stringify(node.attributes[attribute]!.value)}, which Cajal does not have on TF.js. Use engine onnx.`,
        { layer, op: node.op, attribute, engine: "tfjs" },
      );
    const results = Array.isArray(result)
      ? (result as readonly tfc.Tensor[])
      : [result as tfc.Tensor];
    node.outputs.forEach((name, i) => {
      if (name !== "" && results[i]) values.set(name, results[i]);
    });
  }
  return outputs.map(({ name }) => values.get(name)!);
}

/** int64 clamped to int32: ends of slices may be huge, meaning "to the end". */
const inRange = (constant: Tensor): Tensor =>
  constant.dtype === "int64"
    ? tensor("int32", constant.shape, Array.from(constant.data as BigInt64Array, (value) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Number(value))))) // prettier-ignore
    : constant;
