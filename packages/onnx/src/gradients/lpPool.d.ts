export declare const lpPool: import("./gradient").Gradient;
