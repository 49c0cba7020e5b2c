export declare const globalMaxPool: import("./gradient").Gradient;
