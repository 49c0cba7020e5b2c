export declare const slice: import("./gradient").Gradient;
