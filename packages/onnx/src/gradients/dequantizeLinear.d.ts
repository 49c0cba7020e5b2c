export declare const dequantizeLinear: import("./gradient").Gradient;
