export declare const log: import("./gradient").Gradient;
