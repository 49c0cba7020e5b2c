// The mean of each window, the windows chosen so that the output has a given size.
// keras.io/api/layers/pooling_layers/adaptive_average_pooling2d
import { adaptivePooling } from "./shared/adaptivePooling";

export const adaptiveAveragePooling2d = adaptivePooling("AdaptiveAveragePooling2D", 2, "mean");
