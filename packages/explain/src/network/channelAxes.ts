// Where the channels of values lie, as far as operators tell: convolutions and pools have them on axis 1, and exporters of
// networks that compute dense layers on every pixel transpose maps between them.
import type { Node, OnnxModel, ValueInfo } from "@cajal/onnx";
import { activations } from "./activations";

/** Their outputs have the channels on axis 1. */
const onAxis1 = [
  ..."AveragePool BatchNormalization Conv ConvTranspose DepthToSpace GlobalAveragePool GlobalMaxPool".split(" "),
  ..."InstanceNormalization LRN MaxPool SpaceToDepth".split(" "),
]; // prettier-ignore

/** Their outputs lie as their inputs do, a matrix product's too: its last axis stays that of features. */
const asTheirInputs = [
  ...activations,
  ..."Add Cast Concat Div Dropout Identity LayerNormalization LogSoftmax MatMul Max Mean Min Mul".split(" "),
  ..."Neg Pad Pow Resize Slice Softmax Sub Sum".split(" "),
]; // prettier-ignore

/** The axis of the channels of each value for which it is known. */
export function channelAxes(
  { graph }: OnnxModel,
  values: ReadonlyMap<string, ValueInfo>,
): ReadonlyMap<string, number> {
  const axes = new Map<string, number>();
  for (const { name } of graph.inputs)
    if (isChannelsFirst(values.get(name)?.shape ?? [])) axes.set(name, 1);
  const axisOf = ({ op, domain, inputs, attributes }: Node, rank: number): number | undefined => {
    if (domain === "" && onAxis1.includes(op)) return 1;
    const known = inputs.flatMap((name) => axes.get(name) ?? []);
    // A dense layer on every step of a sequence.
    const isDense = domain === "" && op === "MatMul" && graph.initializers.has(inputs[1]!);
    const first = known[0] ?? (isDense ? rank - 1 : undefined);
    if (first === undefined || known.some((axis) => axis !== first)) return undefined;
    if (domain === "" && op === "Transpose") {
      const perm = attributes["perm"];
      return perm?.type === "ints" ? perm.value.indexOf(first) : rank - 1 - first;
    }
    return asTheirInputs.includes(domain === "" ? op : `${domain}.${op}`) ? first : undefined;
  };
  for (const node of graph.nodes) {
    const [output] = node.outputs as [string];
    const rank = values.get(output)?.shape?.length;
    // Another rank than that of what it reads: axes are not those of before.
    const isAsBefore = node.inputs.every((name) => !axes.has(name) || values.get(name)?.shape?.length === rank); // prettier-ignore
    const axis = rank !== undefined && rank > 2 && isAsBefore ? axisOf(node, rank) : undefined;
    if (axis !== undefined) axes.set(output, axis);
  }
  return axes;
}

/** Whether an input is an image with its channels on axis 1: few extents there alone are few colours. */
function isChannelsFirst(shape: readonly unknown[]): boolean {
  const [, first, , last] = shape;
  const isFew = (extent: unknown) => typeof extent === "number" && extent <= 4;
  return shape.length === 4 && (isFew(first) || !isFew(last));
}
