// Where the channels of four-axis values lie, as far as operators tell: convolutions and pools have them on axis 1, and exporters of
// networks that compute dense layers on every pixel transpose maps between them.
import type { Node, OnnxModel, ValueInfo } from "@cajal/onnx";
import { activations } from "../rules/operators";

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
  const axisOf = ({ op, domain, inputs, attributes }: Node): number | undefined => {
    if (domain === "" && onAxis1.includes(op)) return 1;
    const known = inputs.flatMap((name) => axes.get(name) ?? []);
    const [first] = known;
    if (first === undefined || known.some((axis) => axis !== first)) return undefined;
    if (domain === "" && op === "Transpose") {
      const perm = attributes["perm"];
      return perm?.type === "ints" ? perm.value.indexOf(first) : 3 - first;
    }
    return asTheirInputs.includes(domain === "" ? op : `${domain}.${op}`) ? first : undefined;
  };
  for (const node of graph.nodes) {
    const [output] = node.outputs as [string];
    const axis = values.get(output)?.shape?.length === 4 ? axisOf(node) : undefined;
    if (axis !== undefined) axes.set(output, axis);
  }
  return axes;
}
