export declare const atanh: import("./gradient").Gradient;
