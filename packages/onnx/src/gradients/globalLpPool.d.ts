export declare const globalLpPool: import("./gradient").Gradient;
