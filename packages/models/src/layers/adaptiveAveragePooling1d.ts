// The mean of each window, the windows chosen so that the output has a given size.
// keras.io/api/layers/pooling_layers/adaptive_average_pooling1d
import { adaptivePooling } from "./shared/adaptivePooling";

export const adaptiveAveragePooling1d = adaptivePooling("AdaptiveAveragePooling1D", 1, "mean");
