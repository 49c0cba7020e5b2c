export declare const reduceLogSum: import("./gradient").Gradient;
