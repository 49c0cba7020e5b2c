export declare const gemm: import("./gradient").Gradient;
