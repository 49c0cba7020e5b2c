export declare const identity: import("./gradient").Gradient;
