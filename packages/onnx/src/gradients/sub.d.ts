export declare const sub: import("./gradient").Gradient;
