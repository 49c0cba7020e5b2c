// An LSTM whose products are convolutions, over sequences of volumes.
// keras.io/api/layers/recurrent_layers/conv_lstm3d
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { convLstmFields, convLstmRules } from "./shared/convLstm";

export const convLstm3d = defineLayer({
  className: "ConvLSTM3D",
  fields: convLstmFields(f.triple(), f.triple([1, 1, 1])),
  rank: 6,
  ...convLstmRules("ConvLSTM3D", 3),
  samples: [
    { config: { filters: 2, kernel_size: 2 }, inputs: [[1, 2, 3, 4, 3, 1]] },
    {
      config: { filters: 1, kernel_size: [1, 2, 3], padding: "same", return_sequences: true },
      inputs: [[1, 2, 2, 3, 3, 2]],
    },
    {
      config: { filters: 1, kernel_size: 2, data_format: "channels_first" },
      inputs: [[1, 2, 2, 3, 2, 3]],
    },
  ],
});
