export declare const mod: import("./gradient").Gradient;
