export declare const atan: import("./gradient").Gradient;
