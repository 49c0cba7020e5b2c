// Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078). Gates: update, reset, candidate. With
// `reset_after` the reset gate acts after the recurrent product, with biases of its own (cuDNN's form,
// Keras 3's default). keras.io/api/layers/recurrent_layers/gru
import * as f from "./definition/fields";
import { recurrentActivations } from "./definition/activations";
import { defineLayer } from "./definition/layer";
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

export const gru = defineLayer({
  className: "GRU",
  fields: {
    ...recurrentFields,
    recurrent_activation: f.activation("sigmoid"),
    /** Whether the reset gate is applied after the product with the recurrent kernel (cuDNN's GRU) or before. */
    reset_after: f.flag(true),
  },
  arity: [1, 2],
  // It reset before the product.
  keras2Defaults: { reset_after: false },
  shape: (config, inputs) => recurrentShapes(config, inputs, 1),
  weights: (config, [x]) => {
    const { reset_after, units, use_bias } = config;
    const bias = reset_after ? [2, 3 * units] : [3 * units];
    return [
      trainable(config, "kernel", [channelsOf(x), 3 * units], "gru_cell/kernel"),
      trainable(config, "recurrent", [units, 3 * units], "gru_cell/recurrent_kernel"),
      ...(use_bias ? [trainable(config, "bias", bias, "gru_cell/bias")] : []),
    ];
  },
  parts: () => ({ gru_cell: { attribute: "cell" } }),
  macs: (config, [x]) => recurrentMacs(config, x, 3),
  mask: recurrentMask,
  refusesTraining: refusesDroppedStates,
  layout: "channelsLast",
  lower: (config, inputs, g, context) => {
    const { activation, recurrent_activation, reset_after, units, use_bias } = config;
    const { x, initial, lengths, direction, finish } = recurrence(config, inputs, g, context);
    const rows = channelsOf(context.inputs[0]);
    // ONNX orders the gates as Keras does.
    const transposeRows = (rows: number): Step[] => [
      { permute: [1, 0] },
      { reshape: [1, 3 * units, rows] },
    ];
    const bias = () => {
      if (!use_bias) return undefined;
      if (reset_after) return context.weight("gru_cell/bias", [{ reshape: [1, 6 * units] }]);
      const input = context.weight("gru_cell/bias", [{ reshape: [1, 3 * units] }]);
      return g.concat([input, noBias(g, 3 * units)], { axis: 1 });
    };
    const [y, h] = g.gru(
      x,
      context.weight("gru_cell/kernel", transposeRows(rows)),
      context.weight("gru_cell/recurrent_kernel", transposeRows(units)),
      bias(),
      lengths,
      initial[0],
      {
        hidden_size: units,
        direction,
        linear_before_reset: reset_after,
        ...recurrentActivations([recurrent_activation, activation]),
      },
    );
    return finish(y, [h]);
  },
  samples: [
    { config: { units: 3 }, inputs: [[2, 4, 5]] },
    { config: { units: 2, return_sequences: true, reset_after: false }, inputs: [[2, 4, 3]] },
    {
      config: { units: 3, return_state: true, use_bias: false },
      inputs: [
        [2, 4, 5],
        [2, 3],
      ],
    },
    {
      config: { units: 2, return_sequences: true, go_backwards: true, dropout: 0.5 },
      inputs: [[2, 4, 3]],
    },
  ],
});
