// The largest value of each window, the windows chosen so that the output has a given size.
// keras.io/api/layers/pooling_layers/adaptive_max_pooling1d
import { adaptivePooling } from "./shared/adaptivePooling";

export const adaptiveMaxPooling1d = adaptivePooling("AdaptiveMaxPooling1D", 1, "max");
