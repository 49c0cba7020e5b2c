export declare const oneHot: import("./gradient").Gradient;
