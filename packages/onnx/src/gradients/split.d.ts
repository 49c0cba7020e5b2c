export declare const split: import("./gradient").Gradient;
