// An LSTM whose products are convolutions, over sequences of images.
// keras.io/api/layers/recurrent_layers/conv_lstm2d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { convLstmFields, convLstmRules } from "./shared/convLstm";

export const convLstm2d = defineLayer({
  className: "ConvLSTM2D",
  fields: convLstmFields(f.pair(), f.pair([1, 1])),
  rank: 5,
  ...convLstmRules("ConvLSTM2D", 2),
  samples: [
    { config: { filters: 2, kernel_size: 3 }, inputs: [[1, 3, 5, 4, 2]] },
    {
      config: { filters: 2, kernel_size: [2, 3], padding: "same", return_sequences: true },
      inputs: [[2, 3, 4, 4, 1]],
    },
    {
      config: {
        filters: 1,
        kernel_size: 3,
        padding: "same",
        go_backwards: true,
        return_state: true,
        return_sequences: true,
        use_bias: false,
      },
      inputs: [[2, 2, 4, 4, 1]],
    },
    { config: { filters: 2, kernel_size: 1 }, inputs: [[1, 1, 2, 2, 1]] },
  ],
});
