// What a network does with its image before anything bends: padding, a convolution, a normalization. Gradients of points
// on the way differ behind it alone, so their sum is taken there, and goes back through the stem once:
//   Σᵢ wᵢ Aᵀ gᵢ = Aᵀ Σᵢ wᵢ gᵢ.
import type { Node, OnnxModel, ValueInfo } from "@cajal/onnx";
import { hasSubgraph } from "./hasSubgraph";

/** Multiplications for each of the stem's values from which on going back costs more than a sum of such values. */
const worthwhile = 64;

/**
 * The last value that depends on the image affinely, by constants alone, and through which all does that depends on it.
 *
 * @param values types and shapes of all values
 * @returns undefined where the way there is so cheap that sums behind it are no gain, or the scores are affine
 */
export function stemOf(
  { graph }: OnnxModel,
  image: string,
  scores: readonly string[],
  values: ReadonlyMap<string, ValueInfo>,
): string | undefined {
  if (graph.nodes.some(hasSubgraph)) return undefined;
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes)
    for (const name of new Set(node.inputs))
      readers.set(name, [...(readers.get(name) ?? []), node]);
  const constants = new Set(graph.initializers.keys());
  for (const { op, domain, outputs } of graph.nodes)
    if (op === "Constant" && domain === "") constants.add(outputs[0]!);
  /** The same for every example: broadcast along the batch. */
  const isAlike = (name: string, of: string) => {
    const [shape, rank] = [values.get(name)?.shape, values.get(of)?.shape?.length];
    if (!constants.has(name) || !shape || rank === undefined) return false;
    return shape.length < rank || (shape.length === rank && shape[0] === 1);
  };
  let value = image;
  let multiplications = 0;
  for (;;) {
    const [node, ...others] = readers.get(value) ?? [];
    if (!node || others.length > 0 || !isAffine(node, value, constants, isAlike)) break;
    if (node.op === "Conv") {
      const [, ...kernel] = values.get(node.inputs[1]!)?.shape ?? [];
      const each = kernel.reduce<number>((product, extent) => product * Number(extent), 1);
      multiplications = Math.max(multiplications, each);
    }
    value = node.outputs[0]!;
  }
  // NaN, of unknown extents, is no gain either.
  return multiplications >= worthwhile && !scores.includes(value) ? value : undefined;
}

/** Whether a node's only output is affine in one of its inputs, the same for every example. */
function isAffine(
  { op, domain, inputs, outputs, attributes }: Node,
  input: string,
  constants: ReadonlySet<string>,
  isAlike: (name: string, of: string) => boolean,
): boolean {
  const others = inputs.filter((name) => name !== "" && name !== input);
  const once = inputs.filter((name) => name === input).length === 1;
  const single = outputs.filter((name) => name !== "").length === 1;
  if (domain !== "" || !once || !single || !others.every((name) => constants.has(name)))
    return false;
  const isFirst = inputs[0] === input;
  switch (op) {
    case "Identity":
      return true;
    case "Add":
    case "Sub":
    case "Mul":
      return isAlike(others[0]!, input);
    case "Div":
      return isFirst && isAlike(others[0]!, input);
    case "Conv":
    case "Pad":
      return isFirst;
    case "BatchNormalization":
      return isFirst && attributes["training_mode"]?.value !== 1;
    case "Transpose":
      return (attributes["perm"]?.value as readonly number[] | undefined)?.[0] === 0;
    default:
      return false;
  }
}
