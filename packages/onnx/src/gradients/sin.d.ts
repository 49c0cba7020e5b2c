export declare const sin: import("./gradient").Gradient;
