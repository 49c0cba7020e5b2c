export declare const asinh: import("./gradient").Gradient;
