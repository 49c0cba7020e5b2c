export declare const exp: import("./gradient").Gradient;
