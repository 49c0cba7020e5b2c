export declare const lrn: import("./gradient").Gradient;
