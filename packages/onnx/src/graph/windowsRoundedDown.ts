// Pools whose number of windows is rounded up, but for a last one that would begin in the padding behind: it is left out.
// Before operator set 22 ONNX's shape inference counts it, and ONNX Runtime (1.30) with it, while its kernels give a window
// less: what it folds of such shapes, or broadcasts with them, is wrong or refused. Where extents are known,
// the same windows are stated with the number rounded down.
import type { Attribute, Node } from "../model/model";
import type { InferenceContext } from "../operators/operator";
import { slide, windowOf } from "../operators/shared/windows";
import type { Adder } from "./upgradeFirst";

/** A pool with its windows rounded down, where one is left out; else, and for all but pools, the node itself. */
export function windowsRoundedDown(node: Node, g: Adder): Node {
  // Pools alone round.
  const { ceil_mode: rounded, kernel_shape: kernelShape } = node.attributes;
  if (node.domain !== "") return node;
  if (rounded?.type !== "int" || rounded.value !== 1 || kernelShape?.type !== "ints") return node;
  const input = node.inputs[0]!;
  const spatial = g.find(input)?.shape?.slice(2);
  const kernel = kernelShape.value;
  if (!spatial?.every((extent) => typeof extent === "number") || spatial.length !== kernel.length)
    return node;
  const window = windowOf(attributesOf(node), kernel);
  if (window.autoPad.startsWith("SAME")) return node;
  const rank = kernel.length;
  const up = slide(spatial, window, true) as number[];
  // Below 0 where even the first window reaches beyond the padding: rounded down, there would be none.
  const steps = spatial.map((extent, i) => {
    const reach = window.dilations[i]! * (kernel[i]! - 1) + 1;
    const room = extent + window.pads[i]! + window.pads[i + rank]! - reach;
    return room / window.strides[i]!;
  });
  const isLeftOut = steps.some((each, i) => Math.ceil(each) + 1 > up[i]!);
  if (!isLeftOut) return node;
  // On other axes the last window may reach beyond the padding.
  const beyond = spatial.map((extent, i) => {
    if (up[i] === Math.floor(steps[i]!) + 1) return 0;
    const reach = window.dilations[i]! * (kernel[i]! - 1) + 1;
    const end = (up[i]! - 1) * window.strides[i]! + reach - window.pads[i]!;
    return end - extent - window.pads[i + rank]!;
  });
  const more = beyond.some((pixels) => pixels > 0);
  const begins = window.pads.slice(0, rank);
  const ends = window.pads.slice(rank);
  const reaching = ends.map((end, i) => end + beyond[i]!);
  const ints = (value: readonly number[]): Attribute => ({ type: "ints", value });
  const { ceil_mode: _, auto_pad: __, count_include_pad: counted, ...attributes } = node.attributes;
  const countsPads = counted?.type === "int" && counted.value === 1;
  if (more && countsPads) {
    // The padding counts, what lies beyond it does not: so the padding becomes part of the image.
    const pads = [0, 0, ...begins, 0, 0, ...ends];
    const shape = [pads.length];
    const amounts = g.constant({ dtype: "int64", shape, data: BigInt64Array.from(pads, BigInt) });
    const padded = g.op("Pad", [g.value(input), amounts]);
    return {
      ...node,
      inputs: [padded.name],
      attributes: { ...attributes, pads: ints([...begins.map(() => 0), ...beyond]) },
    };
  }
  // Padding that is no smaller than a kernel, as dilations would want it, is refused.
  if (reaching.some((end, i) => end >= kernel[i]! && beyond[i]! > 0)) return node;
  return {
    ...node,
    attributes: {
      ...attributes,
      ...(counted && { count_include_pad: counted }),
      pads: ints([...begins, ...reaching]),
    },
  };
}

/** A node's attributes as inference reads them. */
const attributesOf = ({ attributes }: Node): Pick<InferenceContext, "ints" | "string"> => ({
  ints: (name) => {
    const attribute = attributes[name];
    return attribute?.type === "ints" ? attribute.value : undefined;
  },
  string: (name, otherwise) => {
    const attribute = attributes[name];
    return attribute?.type === "string" ? attribute.value : otherwise;
  },
});
