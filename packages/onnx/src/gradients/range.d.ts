export declare const range: import("./gradient").Gradient;
