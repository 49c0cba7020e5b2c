export declare const lpNormalization: import("./gradient").Gradient;
