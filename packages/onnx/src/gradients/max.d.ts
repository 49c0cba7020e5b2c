export declare const max: import("./gradient").Gradient;
