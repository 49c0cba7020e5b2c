export declare const erf: import("./gradient").Gradient;
