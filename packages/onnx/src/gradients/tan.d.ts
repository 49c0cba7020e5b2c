export declare const tan: import("./gradient").Gradient;
