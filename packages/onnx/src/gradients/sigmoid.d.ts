export declare const sigmoid: import("./gradient").Gradient;
