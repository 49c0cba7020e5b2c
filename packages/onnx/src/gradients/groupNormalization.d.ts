export declare const groupNormalization: import("./gradient").Gradient;
