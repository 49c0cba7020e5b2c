export declare const reduceL2: import("./gradient").Gradient;
