export declare const clip: import("./gradient").Gradient;
