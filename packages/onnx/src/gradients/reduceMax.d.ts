export declare const reduceMax: import("./gradient").Gradient;
