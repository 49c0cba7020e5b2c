export declare const squeeze: import("./gradient").Gradient;
