export declare const min: import("./gradient").Gradient;
