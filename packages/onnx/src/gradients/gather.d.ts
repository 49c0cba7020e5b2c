export declare const gather: import("./gradient").Gradient;
