export declare const layerNormalization: import("./gradient").Gradient;
