// An LSTM whose products are convolutions, over sequences of sequences.
// keras.io/api/layers/recurrent_layers/conv_lstm1d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { convLstmFields, convLstmRules } from "./shared/convLstm";

export const convLstm1d = defineLayer({
  className: "ConvLSTM1D",
  fields: convLstmFields(f.single(), f.single([1])),
  rank: 4,
  ...convLstmRules("ConvLSTM1D", 1),
  samples: [
    { config: { filters: 1, kernel_size: 2, dropout: 0.5 }, inputs: [[1, 2, 4, 1]], inferenceOnly: true }, // prettier-ignore
    { config: { filters: 2, kernel_size: 3 }, inputs: [[1, 3, 5, 2]] },
    {
      config: { filters: 1, kernel_size: 2, data_format: "channels_first" },
      inputs: [[1, 3, 2, 4]],
    },
    {
      config: { filters: 2, kernel_size: 2, padding: "same", strides: 2, return_sequences: true },
      inputs: [[2, 3, 4, 1]],
    },
    {
      config: {
        filters: 1,
        kernel_size: 3,
        padding: "same",
        go_backwards: true,
        return_state: true,
      },
      inputs: [[2, 2, 4, 1]],
    },
  ],
});
