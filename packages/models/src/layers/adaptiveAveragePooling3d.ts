// The mean of each window, the windows chosen so that the output has a given size.
// keras.io/api/layers/pooling_layers/adaptive_average_pooling3d
import { adaptivePooling } from "./shared/adaptivePooling";

export const adaptiveAveragePooling3d = adaptivePooling("AdaptiveAveragePooling3D", 3, "mean");
