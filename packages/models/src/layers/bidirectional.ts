// A recurrent layer run forwards and another backwards over the sequence, their outputs merged
// (Schuster and Paliwal 1997). keras.io/api/layers/recurrent_layers/bidirectional
import { CajalError } from "@cajal/core";
import type { KerasShape } from "./definition/shape";
import * as f from "./definition/fields";
import { defineLayer, type InnerLayer } from "./definition/layer";
import { layer, layerOrNone } from "./definition/layerField";
import { weightsWithin } from "./shared/weightsWithin";
import { expectsStepMask } from "./shared/masks";
import { reversed } from "./shared/reshaping";

type MergeMode = "concat" | "sum" | "mul" | "ave" | null;

const mergeMode = f.fieldOf<MergeMode>('"concat", "sum", "mul", "ave" or null', (raw) =>
  (["concat", "sum", "mul", "ave", null] as const).find((mode) => mode === raw),
);

export const bidirectional = defineLayer({
  className: "Bidirectional",
  fields: {
    /** The layer inside. */
    layer: layer(),
    /** The layer that goes backwards; null: the same one. */
    backward_layer: layerOrNone(null),
    /** How the two directions become one output; null: both are outputs. */
    merge_mode: mergeMode("concat"),
  },
  // A sequence, and the states that it starts from: those of the layer, then those of the one backwards.
  arity: [1, 5],
  shape: (config, inputs) => {
    const { forward, backward } = directions(config);
    if (forward.config.go_backwards === undefined)
      throw new CajalError(
        "unsupported",
        `it wraps a ${forward.definition.className}, expected a recurrent layer`,
        { layer: forward.definition.className },
      );
    checkAlike(forward, backward);
    const [forwardOutput, backwardOutput] = [forward, backward].map((each, i) =>
      each.definition.shape(each.config, ofDirection(inputs, i)),
    );
    const [y, ...states] = forwardOutput!;
    const [z, ...backwardStates] = backwardOutput!;
    return [...mergedShapes(config.merge_mode, y!, z!), ...states, ...backwardStates];
  },
  weights: (config, inputs) => {
    const { backward, forward } = directions(config);
    return [forward, backward].flatMap((layer) => weightsWithin(layer, [inputs[0]]));
  },
  parts: (config) => {
    const { backward, forward } = directions(config);
    return {
      [forward.name]: { attribute: "forward_layer", layer: forward },
      [backward.name]: { attribute: "backward_layer", layer: backward },
    };
  },
  macs: (config, inputs, outputs) => {
    const { backward, forward } = directions(config);
    return [forward, backward].reduce(
      (sum, { config, definition }) => sum + (definition.macs?.(config, inputs, outputs) ?? 0),
      0,
    );
  },
  mask: {
    takes: "one",
    passes: (config) => directions(config).forward.config.return_sequences === true,
    // Both directions' sequences have it, where they are not merged.
    outputs: ({ merge_mode }) => (merge_mode === null ? 2 : 1),
    refuses: expectsStepMask,
  },
  layout: "channelsLast",
  lower: (config, inputs, g, { inner, inputs: shapes, layout, masks }) => {
    const { backward, forward } = directions(config);
    const run = (layer: InnerLayer, i: number) =>
      inner(layer, ofDirection(inputs, i), { shapes: ofDirection(shapes, i), layout, masks })
        .values;
    const [forwardOutput, ...forwardStates] = run(forward, 0);
    const [backwardOutput, ...backwardStates] = run(backward, 1);
    // The backward sequence comes in the order computed: put back into that of time.
    const backwardInOrder = forward.config.return_sequences
      ? reversed(g, backwardOutput!, 1)
      : backwardOutput!;
    const outputPair = [forwardOutput!, backwardInOrder] as const;
    const mergedValues = () => {
      switch (config.merge_mode) {
        case "concat":
          return [g.concat(outputPair, { axis: -1 })];
        case "sum":
          return [g.add(...outputPair)];
        case "mul":
          return [g.mul(...outputPair)];
        case "ave":
          return [g.mul(g.add(...outputPair), 0.5)];
        case null:
          return outputPair;
      }
    };
    return [...mergedValues(), ...forwardStates, ...backwardStates];
  },
  samples: [
    {
      config: { layer: { class_name: "LSTM", config: { units: 3, return_sequences: true } } },
      inputs: [[2, 4, 5]],
    },
    {
      config: { layer: { class_name: "GRU", config: { units: 3 } }, merge_mode: "ave" },
      inputs: [[2, 4, 5]],
    },
    {
      config: {
        layer: { class_name: "SimpleRNN", config: { units: 2, return_state: true } },
        merge_mode: null,
      },
      inputs: [[2, 4, 5]],
    },
    {
      config: {
        layer: { class_name: "GRU", config: { units: 2 } },
        backward_layer: { class_name: "LSTM", config: { units: 2, go_backwards: true } },
        merge_mode: "mul",
      },
      inputs: [[2, 4, 5]],
    },
    {
      config: { layer: { class_name: "LSTM", config: { units: 2 } } },
      inputs: [[2, 4, 5], [2, 2], [2, 2], [2, 2], [2, 2]],
    },
  ], // prettier-ignore
});

/** What the first, or the second, of the two layers gets: the sequence, and its half of the states. */
function ofDirection<T>([x, ...states]: readonly T[], i: number): T[] {
  if (states.length % 2 !== 0)
    throw new CajalError("bad-model", `got ${states.length} initial states, expected as many for each direction`, { got: states.length }); // prettier-ignore
  const half = states.length / 2;
  return [x!, ...states.slice(i * half, (i + 1) * half)];
}

/** The two layers, named as Keras names them. */
function directions({
  layer,
  backward_layer,
}: {
  readonly layer: InnerLayer;
  readonly backward_layer: InnerLayer | null;
}): { forward: InnerLayer; backward: InnerLayer } {
  const base = layer.name.replace(/^forward_/, "");
  const backward = backward_layer ?? {
    ...layer,
    config: { ...layer.config, go_backwards: !layer.config.go_backwards },
  };
  const namedLayer = (direction: "forward" | "backward", { config, ...layer }: InnerLayer) => ({
    ...layer,
    name: `${direction}_${base}`,
    // As Keras has it: of a sequence, masked steps are 0, or both directions would repeat other steps.
    config: { ...config, zero_output_for_mask: config.return_sequences },
  });
  return {
    forward: namedLayer("forward", layer),
    backward: {
      ...namedLayer("backward", backward),
      ...(backward_layer && { name: `backward_${backward_layer.name.replace(/^backward_/, "")}` }),
    },
  };
}

/** What Keras asks of the two layers, too. */
function checkAlike(forward: InnerLayer, backward: InnerLayer): void {
  if (forward.config.go_backwards === backward.config.go_backwards)
    throw new CajalError(
      "bad-argument",
      `both of its layers have "go_backwards" ${String(forward.config.go_backwards)}, expected that of backward_layer to be the other`,
      { go_backwards: forward.config.go_backwards },
    );
  for (const key of ["return_sequences", "return_state"])
    if (forward.config[key] !== backward.config[key])
      throw new CajalError(
        "bad-argument",
        `"${key}" is ${String(forward.config[key])} of its layer and ${String(backward.config[key])} of its backward_layer, expected the same`,
        { key },
      );
}

const mergedShapes = (mode: MergeMode, y: KerasShape, z: KerasShape): KerasShape[] => {
  if (mode === null) return [y, z];
  const [units, others] = [y.at(-1)!, z.at(-1)!];
  if (mode === "concat") return [[...y.slice(0, -1), units + others]];
  if (units !== others)
    throw new CajalError(
      "bad-shape",
      `its layers give ${units} and ${others} units, which merge_mode "${mode}" cannot make one`,
      { units: [units, others] },
    );
  return [y];
};
