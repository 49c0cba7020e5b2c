export declare const meanVarianceNormalization: import("./gradient").Gradient;
