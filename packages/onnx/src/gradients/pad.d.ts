export declare const pad: import("./gradient").Gradient;
