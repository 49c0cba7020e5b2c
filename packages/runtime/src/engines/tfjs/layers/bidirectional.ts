// A recurrent layer run forward and backward. TF.js wraps only its own layers, which lack the GRU with reset_after.
import type * as tfc from "@tensorflow/tfjs-core";
import { defineTfjsLayer } from "./layer";
import { gru, gruWeights, runGru, type GruConfig } from "./gru";

interface Wrapped {
  readonly definition: { readonly className: string };
  readonly config: Readonly<Record<string, unknown>> & GruConfig;
}

export const bidirectional = defineTfjsLayer<{
  layer: Wrapped;
  backward_layer: Wrapped | null;
  merge_mode: "sum" | "mul" | "concat" | "ave" | null;
}>({
  className: "Bidirectional",
  differs: ({ layer, backward_layer }) =>
    backward_layer !== null ||
    (layer.definition.className === gru.className && layer.config.reset_after),
  refuses: ({ backward_layer }) => backward_layer !== null,
  call: ({ layer: { config }, merge_mode }, [x, ...initial], { tf, weights }) => {
    const run = (prefix: string, state: tfc.Tensor | undefined, go_backwards: boolean) => {
      const directionConfig = { ...config, go_backwards };
      const { states, last } = runGru(
        tf,
        directionConfig,
        { x, state },
        gruWeights(weights, prefix),
      );
      // The backward outputs are reversed, to be in the order of the inputs.
      const ordered = go_backwards === config.go_backwards ? states : states.toReversed();
      return { y: config.return_sequences ? tf.stack([...ordered], 1) : last, last };
    };
    const forward = run("forward_", initial[0], config.go_backwards);
    const backward = run("backward_", initial[1], !config.go_backwards);
    const merge = (a: tfc.Tensor, b: tfc.Tensor): readonly tfc.Tensor[] => {
      switch (merge_mode) {
        case "sum":
          return [tf.add(a, b)];
        case "mul":
          return [tf.mul(a, b)];
        case "ave":
          return [tf.div(tf.add(a, b), 2)];
        case "concat":
          return [tf.concat([a, b], -1)];
        default:
          return [a, b];
      }
    };
    const outputs = merge(forward.y, backward.y);
    return config.return_state ? [...outputs, forward.last, backward.last] : outputs;
  },
});
