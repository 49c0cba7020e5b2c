export declare const batchNormalization: import("./gradient").Gradient;
