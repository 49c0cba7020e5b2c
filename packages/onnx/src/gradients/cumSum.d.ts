export declare const cumSum: import("./gradient").Gradient;
