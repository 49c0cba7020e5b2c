// The largest value of each window, the windows chosen so that the output has a given size.
// keras.io/api/layers/pooling_layers/adaptive_max_pooling3d
import { adaptivePooling } from "./shared/adaptivePooling";

export const adaptiveMaxPooling3d = adaptivePooling("AdaptiveMaxPooling3D", 3, "max");
