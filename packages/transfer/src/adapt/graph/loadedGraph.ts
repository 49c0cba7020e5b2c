// An ONNX graph as a model to adapt: its weights are the initializers in it.
import type { Tensor, Weights } from "@cajal/core";
import type { OnnxModel } from "@cajal/onnx";

/** An ONNX graph; what `readModel` gives with `{ graphs: true }` is one. */
export interface LoadedGraph {
  readonly model: OnnxModel;
  /** Initializers that take the place of the model's, by their names. Default: the model's own. */
  readonly weights?: Weights;
  readonly labels?: readonly string[] | undefined;
}

/** Whether it is a graph, and not a Keras config. */
export const isGraph = (network: { readonly model: unknown }): network is LoadedGraph =>
  typeof network.model === "object" && network.model !== null && "graph" in network.model;

/** The float32 initializers of a graph: what training may change. */
export const floatsOf = ({ graph }: OnnxModel): Weights =>
  new Map(
    [...graph.initializers].filter(
      (entry): entry is [string, Tensor] => entry[1].dtype === "float32" && "data" in entry[1],
    ),
  );
