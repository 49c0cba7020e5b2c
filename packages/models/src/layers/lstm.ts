// Long short-term memory (Hochreiter and Schmidhuber 1997). Gates in kernels and bias: input, forget,
// cell, output. keras.io/api/layers/recurrent_layers/lstm
import * as f from "./definition/fields";
import { defineLayer, type WeightSpec } from "./definition/layer";
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

/** ONNX orders the gates input, output, forget, cell. */
const order = [0, 3, 1, 2];

export const lstm = defineLayer({
  className: "LSTM",
  fields: {
    ...recurrentFields,
    recurrent_activation: f.activation("sigmoid"),
    unit_forget_bias: f.flag(true),
  },
  arity: [1, 3],
  shape: (config, inputs) => recurrentShapes(config, inputs, 2),
  weights: (config, [x]) => {
    const { units, use_bias } = config;
    const bias = trainable(config, "bias", [4 * units], "lstm_cell/bias");
    return [
      trainable(config, "kernel", [channelsOf(x), 4 * units], "lstm_cell/kernel"),
      trainable(config, "recurrent", [units, 4 * units], "lstm_cell/recurrent_kernel"),
      ...(use_bias ? [config.unit_forget_bias ? withForgetBias(bias, units) : bias] : []),
    ];
  },
  parts: () => ({ lstm_cell: { attribute: "cell" } }),
  macs: (config, [x]) => recurrentMacs(config, x, 4),
  mask: recurrentMask,
  refusesTraining: refusesDroppedStates,
  layout: "channelsLast",
  lower: (config, inputs, g, context) => {
    const { activation, recurrent_activation, units, use_bias } = config;
    const { x, initial, lengths, direction, finish } = recurrence(config, inputs, g, context);
    const gates = (rows: number): Step[] => [
      { reshape: [rows, 4, units] },
      { reorder: { axis: 1, order } },
      { permute: [1, 2, 0] },
      { reshape: [1, 4 * units, rows] },
    ];
    const [y, h, c] = g.lstm(
      x,
      context.weight("lstm_cell/kernel", gates(channelsOf(context.inputs[0]))),
      context.weight("lstm_cell/recurrent_kernel", gates(units)),
      use_bias
        ? g.concat(
            [
              context.weight("lstm_cell/bias", [
                { reshape: [1, 4, units] },
                { reorder: { axis: 1, order } },
                { reshape: [1, 4 * units] },
              ]),
              noBias(g, 4 * units), // ONNX has one for each product
            ],
            { axis: 1 },
          )
        : undefined,
      lengths,
      initial[0],
      initial[1],
      undefined,
      {
        hidden_size: units,
        direction,
        ...recurrentActivations([recurrent_activation, activation, activation]),
      },
    );
    return finish(y, [h, c]);
  },
  samples: [
    { config: { units: 3 }, inputs: [[2, 4, 5]] },
    { config: { units: 2, return_sequences: true, use_bias: false }, inputs: [[2, 4, 3]] },
    {
      config: { units: 3, return_state: true, go_backwards: true, dropout: 0.25 },
      inputs: [
        [2, 4, 5],
        [2, 3],
        [2, 3],
      ],
    },
  ],
});

/** Ones for the forget gate, so that a young network remembers (Jozefowicz et al. 2015). */
const withForgetBias = (bias: WeightSpec, units: number): WeightSpec => ({
  ...bias,
  initializer: { class_name: "UnitForgetBias", config: { units, others: bias.initializer } },
});
