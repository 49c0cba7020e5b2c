export declare const matMul: import("./gradient").Gradient;
