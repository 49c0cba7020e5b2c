export declare const dft: import("./gradient").Gradient;
