// The terms of the full-gradient decomposition (Srinivas & Fleuret 2019, arXiv:1905.00780): x times the gradient by
// it, and for every layer with weights its bias times the gradient by its output. Of a network that is
// linear in pieces they add up to the score.
import { type Tensor } from "@cajal/core";
import type { OnnxModel } from "@cajal/onnx";
import type { ExplainedGraph } from "../../network/explainedGraph";
import { rowOf, rowsOf } from "../../network/rows";
import { valuesBefore } from "../../network/way";
import type { Call } from "../call";
import { gradientsOf } from "./evaluate";

export interface BiasLayer {
  /** The graph's value of what the layer gives. */
  readonly value: string;
  readonly kind: "conv" | "normalization" | "dense";
  /** One for each channel, of a dense layer as its last axes have them; undefined where it has none. */
  readonly bias: Float64Array | undefined;
}

/** Convolutions, normalizations and dense layers, in the order in which they run. */
export function biasLayers({ model, logits }: ExplainedGraph): BiasLayer[] {
  const { nodes } = model.graph;
  const before = valuesBefore(nodes, [logits]);
  return nodes.flatMap((node): BiasLayer[] => {
    const [value] = node.outputs as [string];
    const [, weights, bias] = node.inputs;
    if (!before.has(value)) return [];
    if (node.op === "Conv" || node.op === "ConvTranspose")
      return [{ value, kind: "conv", bias: numbers(model, bias) }];
    if (node.op === "Gemm") {
      const { beta } = node.attributes;
      const share = beta?.type === "float" ? beta.value : 1;
      return [{ value, kind: "dense", bias: numbers(model, bias)?.map((b) => b * share) }];
    }
    if (node.op === "BatchNormalization") {
      const [scale, beta, mean, variance] = node.inputs
        .slice(1)
        .map((name) => numbers(model, name)!) as [
        Float64Array,
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      const { epsilon } = node.attributes;
      const e = epsilon?.type === "float" ? epsilon.value : 1e-5;
      const shift = beta.map((b, k) => b - (scale[k]! * mean[k]!) / Math.sqrt(variance[k]! + e));
      return [{ value, kind: "normalization", bias: shift }];
    }
    if (node.op === "MatMul" && numbers(model, weights)) {
      const added = nodes.find((next) => next.op === "Add" && next.inputs.includes(value));
      const other = added?.inputs.find((name) => name !== value);
      return [{ value: added?.outputs[0] ?? value, kind: "dense", bias: numbers(model, other) }];
    }
    return [];
  });
}

function numbers({ graph }: OnnxModel, name: string | undefined): Float64Array | undefined {
  const initializer = name === undefined ? undefined : graph.initializers.get(name);
  return initializer && Float64Array.from((initializer as Tensor).data as ArrayLike<number>);
}

/** One term of one image: bias times gradient, of every element. */
export type Term = (
  image: number,
  layer: BiasLayer | undefined,
  values: Float64Array,
  shape: readonly number[],
) => void;

/** Calls `use` with x g (without a layer), then with every layer's term, image after image; gives the scores. */
export async function eachTerm(call: Call, use: Term): Promise<number[]> {
  const { graph } = call.network;
  const layers = biasLayers(graph);
  const scores: number[] = [];
  await gradientsOf(call, rowsOf(call.images), {
    by: [graph.image, ...layers.map(({ value }) => value)],
    use: (row, { gradients }, score) => {
      scores.push(score);
      const x = rowOf(call.images, row);
      const { data, shape } = gradients[graph.image]!;
      use(
        row,
        undefined,
        Float64Array.from(data, (g, i) => g * x[i]!),
        shape,
      );
      for (const layer of layers) {
        const of = gradients[layer.value]!;
        const each = of.data.length / of.shape[0]!;
        const { kind, bias } = layer;
        const biasOf = (i: number) => bias?.[kind === "dense" ? i % bias.length : Math.floor(i / each)] ?? 0; // prettier-ignore
        use(
          row,
          layer,
          Float64Array.from(of.data, (g, i) => g * biasOf(i)),
          of.shape,
        );
      }
    },
  });
  return scores;
}
