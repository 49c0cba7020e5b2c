export declare const sum: import("./gradient").Gradient;
