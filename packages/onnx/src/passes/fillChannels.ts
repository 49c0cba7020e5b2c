// Convolutions that ONNX Runtime's webgpu (1.30) computes wrongly without a word, put so that it computes them right.
import { tensor, type Tensor } from "@cajal/core";
import { inferShapes } from "../graph/inferShapes";
import { checkStructure } from "../model/checkStructure";
import type { Node, OnnxModel } from "../model/model";
import { operation } from "./operation";

/**
 * The same model, channels of some convolutions filled up:
 *
 * - of one group, where the output channels are a multiple of 4 and the input channels one of 3 but not of 4 nor 3
 *   itself (6, 9, 15 …): that kernel reads three input channels and no more. Zeros fill them up to a multiple of 4.
 * - of several groups, each of more than 4 output channels and not of a multiple of 4 (5, 6, 7, 9 …): that kernel
 *   takes the last of them from the next group. Copies fill each group up, and are dropped from the result.
 *
 * What has kernels of unknown shape stays as it is.
 */
export function fillChannels(model: OnnxModel): OnnxModel {
  checkStructure(model, "fillChannels");
  const { graph } = model;
  if (!graph.nodes.some(isConvolution)) return model;
  const shapes = inferShapes(model);
  const initializers = new Map(graph.initializers);
  const constant = (name: string, value: Tensor) => {
    initializers.set(name, value);
    return name;
  };
  const nodes = graph.nodes.flatMap((node) => {
    const w = node.inputs[1]!;
    const shape = isConvolution(node) && (initializers.get(w)?.shape ?? shapes.get(w)?.shape);
    if (!shape || typeof shape[0] !== "number" || typeof shape[1] !== "number") return [node];
    const [outputs, inputs] = shape;
    const groups = Number(node.attributes["group"]?.value ?? 1);
    if (groups === 1) {
      const counts = outputs % 4 === 0 && inputs % 3 === 0 && inputs % 4 !== 0 && inputs > 3;
      return counts ? withInputs(node, 4 - (inputs % 4), shape.length, constant) : [node];
    }
    const each = outputs / groups;
    return each > 4 && each % 4 !== 0 ? withOutputs(node, groups, each, constant) : [node];
  });
  return { ...model, graph: { ...graph, nodes, initializers } };
}

type Constant = (name: string, value: Tensor) => string;

const isConvolution = ({ op, domain }: Node): boolean => op === "Conv" && domain === "";

/** So many more input channels, of zeros. */
function withInputs(node: Node, count: number, rank: number, constant: Constant): Node[] {
  const [x, w, ...otherInputs] = node.inputs as [string, string, ...string[]];
  const at = node.outputs[0]!;
  // Of all axes before, then after: channels are axis 1 of images and of kernels.
  const widths = Array.from({ length: 2 * rank }, (_, i) => (i === rank + 1 ? count : 0));
  const pads = constant(`${at}/pads`, tensor("int64", [2 * rank], widths));
  const padX = operation("Pad", [x, pads], `${at}/x`);
  const padW = operation("Pad", [w, pads], `${at}/w`);
  return [padX, padW, { ...node, inputs: [`${at}/x`, `${at}/w`, ...otherInputs] }];
}

/** Each group's outputs a multiple of 4; the last of a group serves again. */
function withOutputs(node: Node, groups: number, each: number, constant: Constant): Node[] {
  const [x, w, bias] = node.inputs as [string, string, string?];
  const at = node.outputs[0]!;
  const filled = 4 * Math.ceil(each / 4);
  const channels = (count: number, channel: (group: number, i: number) => number) =>
    tensor(
      "int64",
      [groups * count],
      Array.from({ length: groups * count }, (_, i) => channel(Math.floor(i / count), i % count)),
    );
  const sourceChannels = channels(filled, (group, i) => group * each + Math.min(i, each - 1));
  const keptChannels = channels(each, (group, i) => group * filled + i);
  const from = constant(`${at}/taken`, sourceChannels);
  const ofRows = { axis: { type: "int", value: 0 } } as const;
  const ofChannels = { axis: { type: "int", value: 1 } } as const;
  return [
    operation("Gather", [w, from], `${at}/w`, ofRows),
    ...(bias ? [operation("Gather", [bias, from], `${at}/b`, ofRows)] : []),
    { ...node, inputs: [x, `${at}/w`, ...(bias ? [`${at}/b`] : [])], outputs: [`${at}/filled`] },
    operation("Gather", [`${at}/filled`, constant(`${at}/kept`, keptChannels)], at, ofChannels),
  ];
}
