export declare const instanceNormalization: import("./gradient").Gradient;
