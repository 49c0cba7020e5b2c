export declare const reciprocal: import("./gradient").Gradient;
