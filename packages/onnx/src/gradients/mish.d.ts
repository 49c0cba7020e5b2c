export declare const mish: import("./gradient").Gradient;
