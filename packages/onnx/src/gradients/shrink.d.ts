export declare const shrink: import("./gradient").Gradient;
