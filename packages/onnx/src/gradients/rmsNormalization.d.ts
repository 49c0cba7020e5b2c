export declare const rmsNormalization: import("./gradient").Gradient;
