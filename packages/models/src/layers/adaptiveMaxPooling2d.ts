// The largest value of each window, the windows chosen so that the output has a given size.
// keras.io/api/layers/pooling_layers/adaptive_max_pooling2d
import { adaptivePooling } from "./shared/adaptivePooling";

export const adaptiveMaxPooling2d = adaptivePooling("AdaptiveMaxPooling2D", 2, "max");
