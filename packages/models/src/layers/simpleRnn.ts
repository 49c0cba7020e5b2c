// h ← activation(x · kernel + h · recurrent_kernel + bias).
// keras.io/api/layers/recurrent_layers/simple_rnn
import { defineLayer } from "./definition/layer";
import { recurrentActivations } from "./definition/activations";
import {
  noBias,
  recurrence,
  recurrentFields,
  recurrentMacs,
  recurrentMask,
  recurrentShapes,
  refusesDroppedStates,
} from "./shared/recurrent";
import { channelsOf } from "./shared/shapes";
import type { Step } from "./definition/weightLayout";
import { trainable } from "./definition/weightFields";

export const simpleRnn = defineLayer({
  className: "SimpleRNN",
  fields: recurrentFields,
  arity: [1, 2],
  shape: (config, inputs) => recurrentShapes(config, inputs, 1),
  weights: (config, [x]) => {
    const { units, use_bias } = config;
    return [
      trainable(config, "kernel", [channelsOf(x), units], "simple_rnn_cell/kernel"),
      trainable(config, "recurrent", [units, units], "simple_rnn_cell/recurrent_kernel"),
      ...(use_bias ? [trainable(config, "bias", [units], "simple_rnn_cell/bias")] : []),
    ];
  },
  parts: () => ({ simple_rnn_cell: { attribute: "cell" } }),
  macs: (config, [x]) => recurrentMacs(config, x, 1),
  mask: recurrentMask,
  refusesTraining: refusesDroppedStates,
  layout: "channelsLast",
  lower: (config, inputs, g, context) => {
    const { activation, units, use_bias } = config;
    const { x, initial, lengths, direction, finish } = recurrence(config, inputs, g, context);
    const transposeRows = (rows: number): Step[] => [
      { permute: [1, 0] },
      { reshape: [1, units, rows] },
    ];
    const bias = () =>
      g.concat(
        [context.weight("simple_rnn_cell/bias", [{ reshape: [1, units] }]), noBias(g, units)],
        { axis: 1 },
      );
    const [y, h] = g.rnn(
      x,
      context.weight("simple_rnn_cell/kernel", transposeRows(channelsOf(context.inputs[0]))),
      context.weight("simple_rnn_cell/recurrent_kernel", transposeRows(units)),
      use_bias ? bias() : undefined,
      lengths,
      initial[0],
      { hidden_size: units, direction, ...recurrentActivations([activation]) },
    );
    return finish(y, [h]);
  },
  samples: [
    { config: { units: 3 }, inputs: [[2, 4, 5]] },
    { config: { units: 2, activation: "linear", use_bias: false }, inputs: [[2, 4, 3]] },
    {
      config: { units: 2, activation: "hard_sigmoid", return_sequences: true, go_backwards: true },
      inputs: [[2, 4, 3]],
    },
    {
      config: { units: 3, return_state: true },
      inputs: [
        [2, 4, 5],
        [2, 3],
      ],
    },
  ],
});
