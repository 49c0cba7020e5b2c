export declare const reduceL1: import("./gradient").Gradient;
