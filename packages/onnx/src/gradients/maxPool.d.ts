export declare const maxPool: import("./gradient").Gradient;
