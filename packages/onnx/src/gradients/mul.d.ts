export declare const mul: import("./gradient").Gradient;
