// Model-parameter randomisation (Adebayo et al. 2018, arXiv:1810.03292): how alike a method's map of the network is to
// its map of a network whose weights were drawn anew, from the scores backwards. A method that shows what a network
// has learned gives another map; one whose maps stay nearly as they were shows the image, and fails this check.
// `similarity`: Spearman's rank correlation of absolute values, 1 for the same map; of two random maps 0. `ssim`: the
// structural similarity (Wang et al. 2004) of the maps as pictures: absolute values, summed over channels, 0 … 1.
import { CajalError, checkInteger, random, tensor, type Tensor } from "@cajal/core";
import type { AttributeOptions } from "../methods/attribution";
import { inside } from "../network/images";
import type { ExplainedGraph } from "../network/explainedGraph";
import { rowOf } from "../network/rows";
import { valuesAfter, valuesBefore } from "../network/way";
import { defineMetric } from "./metric";
import { randomLike } from "./randomLike";
import { ssim } from "./ssim";

export interface RandomisationOptions {
  /** The method with its options, as for `attribute`. */
  readonly of: AttributeOptions;
  /** How many layers with weights are randomised, from the last on: several numbers for a cascade. Default: all. */
  readonly depths?: readonly number[];
  /** Default 0. */
  readonly seed?: number;
}

export const randomisation = defineMetric({
  name: "randomisation",
  title: "Parameter randomisation",
  // Of a network that has forgotten everything, a map that is half as it was is no map of the network.
  judges: { figure: "similarity", better: "lower", limit: 0.5 },
  options: ["of", "depths", "seed"],
  async measure(call, { of, depths, seed = 0 }: RandomisationOptions) {
    const { input, targets, explainer, explainerOf, format, network } = call;
    if (!explainerOf)
      throw new CajalError(
        "unsupported",
        "measure (randomisation): weights are drawn anew in the graph. Use engine onnx.",
      );
    const attributeOptions = {
      target: targets,
      ...of,
      signal: call.control.signal,
    } as AttributeOptions;
    const map = inside((await explainer.attribute(input, attributeOptions)).map, format);
    const layers = kernels(network.graph);
    const stages = depths ?? [layers.length];
    for (const depth of stages)
      checkInteger("measure", "depths", depth, { least: 0, most: layers.length });
    const rows = Array.from({ length: map.shape[0]! }, (_, i) => i);
    const similarity: number[][] = rows.map(() => []);
    const pictures = rows.map(() => [] as number[]);
    const before = rows.map((i) => ({ ranks: ranks(rowOf(map, i)), picture: pictureOf(map, i) }));
    const compared = (i: number, other: Tensor<"float32">) => ({
      similarity: alike(before[i]!.ranks, ranks(rowOf(other, i))),
      ssim: ssim(before[i]!.picture, pictureOf(other, i), extentsOf(map)),
    });
    for (const depth of stages) {
      await using other = explainerOf(
        randomised(network.graph, layers.slice(layers.length - depth).flat(), seed),
      );
      const again = inside((await other.attribute(input, attributeOptions)).map, format);
      for (const i of rows) {
        const figures = compared(i, again);
        similarity[i]!.push(figures.similarity);
        pictures[i]!.push(figures.ssim);
      }
    }
    const drawn = randomLike(map, seed);
    const chance = rows.map((i) => compared(i, drawn));
    const atEach = (figure: "similarity" | "ssim") =>
      chance.map((one) => stages.map(() => one[figure]));
    return {
      figures: { similarity, ssim: pictures },
      random: { similarity: atEach("similarity"), ssim: atEach("ssim") },
    };
  },
});

/** Which inputs of an operator may be its kernels. */
const kernelInputs: Readonly<Record<string, readonly number[]>> = {
  Conv: [1],
  ConvTranspose: [1],
  Gemm: [0, 1],
  MatMul: [0, 1],
  GRU: [1, 2],
  LSTM: [1, 2],
  RNN: [1, 2],
};

/**
 * The kernels of each layer with weights, in the order in which they are used: initializers, of which exporters may compute what the
 * operator reads, such as a kernel transposed.
 */
function kernels({ model, image }: ExplainedGraph): string[][] {
  const { nodes, initializers } = model.graph;
  const moving = valuesAfter(nodes, image);
  const known = new Set<string>();
  const layers = nodes.map(({ op, inputs }) => {
    const constants = (kernelInputs[op] ?? []).flatMap((i) => inputs[i] ?? []).filter((name) => !moving.has(name)); // prettier-ignore
    const names = [...valuesBefore(nodes, constants)].filter((name) => {
      const { dtype, shape = [] } = initializers.get(name) ?? {};
      return dtype === "float32" && shape.length > 1 && !known.has(name);
    });
    names.forEach((name) => known.add(name));
    return names;
  });
  return layers.filter((names) => names.length > 0);
}

/** The graph with those kernels drawn anew: normal numbers of each kernel's own mean and deviation. */
function randomised(graph: ExplainedGraph, names: readonly string[], seed: number): ExplainedGraph {
  const initializers = new Map(graph.model.graph.initializers);
  for (const name of names) {
    const { shape, data } = initializers.get(name) as Tensor<"float32">;
    const mean = data.reduce((a, b) => a + b, 0) / data.length;
    const deviation = Math.sqrt(data.reduce((sum, w) => sum + (w - mean) ** 2, 0) / data.length);
    const numbers = random(seed, "randomisation", name);
    const drawn = data.map(() => mean + deviation * numbers.normal());
    initializers.set(name, tensor("float32", shape, drawn));
  }
  return { ...graph, model: { ...graph.model, graph: { ...graph.model.graph, initializers } } };
}

/** Height and width of a map [n, …, h, w]; of one that is no image, a line. */
const extentsOf = ({ shape }: Tensor): readonly [number, number] =>
  shape.length > 2 ? [shape.at(-2)!, shape.at(-1)!] : [1, shape.at(-1)!];

/** A map as it is looked at: absolute values, summed over channels, divided by the largest. */
function pictureOf(map: Tensor<"float32">, i: number): Float64Array {
  const [height, width] = extentsOf(map);
  const picture = new Float64Array(height * width);
  rowOf(map, i).forEach((value, at) => (picture[at % picture.length]! += Math.abs(value)));
  const most = picture.reduce((a, b) => Math.max(a, b), 0);
  return most === 0 ? picture : picture.map((value) => value / most);
}

/** Spearman's rank correlation, of ranks; of constant maps, of which it says nothing, 1 for two and 0 for one. */
function alike(x: Float64Array, y: Float64Array): number {
  const mean = (x.length - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mean) * (y[i]! - mean);
    xx += (x[i]! - mean) ** 2;
    yy += (y[i]! - mean) ** 2;
  }
  if (xx === 0 || yy === 0) return xx === yy ? 1 : 0;
  return xy / Math.sqrt(xx * yy);
}

/** Ranks of absolute values, equal ones their mean. */
function ranks(values: Float32Array): Float64Array {
  const absolute = values.map(Math.abs);
  const order = Uint32Array.from(absolute.keys()).sort((a, b) => absolute[a]! - absolute[b]!);
  const result = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && absolute[order[to]!] === absolute[order[from]!]) to++;
    for (let i = from; i < to; i++) result[order[i]!] = (from + to - 1) / 2;
    from = to;
  }
  return result;
}
