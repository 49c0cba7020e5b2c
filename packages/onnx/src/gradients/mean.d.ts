export declare const mean: import("./gradient").Gradient;
