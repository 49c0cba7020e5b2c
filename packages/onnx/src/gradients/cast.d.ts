export declare const cast: import("./gradient").Gradient;
