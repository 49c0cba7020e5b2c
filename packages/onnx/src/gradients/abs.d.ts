export declare const abs: import("./gradient").Gradient;
