export declare const convTranspose: import("./gradient").Gradient;
