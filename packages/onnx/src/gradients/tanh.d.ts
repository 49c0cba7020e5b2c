export declare const tanh: import("./gradient").Gradient;
