export declare const det: import("./gradient").Gradient;
