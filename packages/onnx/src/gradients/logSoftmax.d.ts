export declare const logSoftmax: import("./gradient").Gradient;
