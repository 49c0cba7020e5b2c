export declare const reduceLogSumExp: import("./gradient").Gradient;
