export declare const reduceSum: import("./gradient").Gradient;
