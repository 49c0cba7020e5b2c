export declare const cosh: import("./gradient").Gradient;
