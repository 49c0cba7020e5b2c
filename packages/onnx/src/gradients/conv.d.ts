export declare const conv: import("./gradient").Gradient;
