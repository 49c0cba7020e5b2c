// BatchNormalization in training mode, written out in operators that every provider has: ONNX Runtime's
// webgpu knows that operator with given statistics only (1.30: "trainingMode is not supported yet"), and that for the CPU
// takes 1.8 times as long as the parts where a channel is a single number of an example, as after a dense layer.
import { checkOptions, optionsOf, tensor, type Tensor } from "@cajal/core";
import { checkStructure } from "../model/checkStructure";
import type { Attribute, Node, OnnxModel } from "../model/model";

interface NormalizationRank {
  readonly rank?: number;
}

const optionKinds = optionsOf<NormalizationRank>({ rank: { whole: true, least: 2 } });

/**
 * The same model, every BatchNormalization in training mode taken apart (ONNX Operators,
 * BatchNormalization-15): mean and biased variance of the batch, the normalization by these, and
 * `running = given · momentum + batch · (1 − momentum)` where that is read.
 *
 * @param options.rank takes apart only those of values of this rank; default: all
 */
export function decomposeTrainingNormalization(
  model: OnnxModel,
  options: NormalizationRank = {},
): OnnxModel {
  checkStructure(model, "decomposeTrainingNormalization");
  checkOptions("decomposeTrainingNormalization", options, optionKinds);
  const { graph } = model;
  if (!graph.nodes.some(isTraining)) return model;
  const known = new Map(
    [...graph.inputs, ...graph.values.values(), ...graph.outputs].map((info) => [info.name, info]),
  );
  const initializers = new Map(graph.initializers);
  const constant = (name: string, value: Tensor) => {
    initializers.set(name, value);
    return name;
  };
  const nodes = graph.nodes.flatMap((node) => {
    const x = known.get(node.inputs[0]!);
    const rank = x?.shape?.length;
    return isTraining(node) && rank !== undefined && (options.rank ?? rank) === rank
      ? inParts(node, { rank, dtype: x?.dtype === "float64" ? "float64" : "float32" }, model.opsets[""] ?? 1, constant) // prettier-ignore
      : [node];
  });
  return { ...model, graph: { ...graph, nodes, initializers } };
}

const isTraining = ({ op, domain, attributes }: Node): boolean =>
  op === "BatchNormalization" && domain === "" && attributes["training_mode"]?.value === 1;

function inParts(
  { name, inputs, outputs, attributes }: Node,
  { rank, dtype }: { readonly rank: number; readonly dtype: "float32" | "float64" },
  opset: number,
  constant: (name: string, value: Tensor) => string,
): Node[] {
  const [x, scale, bias, oldMean, oldVariance] = inputs as [string, string, string, string, string];
  const [y, newMean, newVariance] = outputs;
  const momentum = Number(attributes["momentum"]?.value ?? 0.9);
  const at = name || y!;
  const nodes: Node[] = [];
  const node = (
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = `${at}/${op}_${nodes.length}`,
  ) => {
    nodes.push({ op, domain: "", name: output, inputs, outputs: [output], attributes });
    return output;
  };
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
  const meanOf = (value: string, keepdims: number) => {
    const keepdimsAttributes: Record<string, Attribute> = {
      keepdims: { type: "int", value: keepdims },
    };
    // ReduceMean's axes are an input since opset 18.
    return opset >= 18
      ? node(
          "ReduceMean",
          [value, constant(`${at}/axes`, tensor("int64", [axes.length], axes))],
          keepdimsAttributes,
        )
      : node("ReduceMean", [value], { ...keepdimsAttributes, axes: { type: "ints", value: axes } });
  };
  const keptMean = meanOf(x, 1);
  const centred = node("Sub", [x, keptMean]);
  const variance = meanOf(node("Mul", [centred, centred]), 0);
  const mean = node("Reshape", [keptMean, constant(`${at}/line`, tensor("int64", [1], [-1]))]);
  const { epsilon } = attributes;
  if (rank === 2) {
    // Channels of one number each: the operator goes through them one by one, which takes four times as long.
    const shift = constant(`${at}/epsilon`, tensor(dtype, [], [Number(epsilon?.value ?? 1e-5)]));
    const deviation = node("Sqrt", [node("Add", [variance, shift])]);
    node("Add", [node("Mul", [centred, node("Div", [scale, deviation])]), bias], {}, y);
  } else node("BatchNormalization", [x, scale, bias, mean, variance], { ...(epsilon && { epsilon }) }, y); // prettier-ignore
  const running = (oldValue: string, batchValue: string, output: string | undefined) => {
    if (!output) return;
    if (momentum === 0) return node("Identity", [batchValue], {}, output);
    const scaled = (value: string, factor: number, what: string) =>
      node("Mul", [value, constant(`${at}/${what}`, tensor(dtype, [], [factor]))]);
    node(
      "Add",
      [scaled(oldValue, momentum, "momentum"), scaled(batchValue, 1 - momentum, "rest")],
      {},
      output,
    );
  };
  running(oldMean, mean, newMean);
  running(oldVariance, variance, newVariance);
  return nodes;
}
