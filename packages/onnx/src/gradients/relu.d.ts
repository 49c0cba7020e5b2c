export declare const relu: import("./gradient").Gradient;
