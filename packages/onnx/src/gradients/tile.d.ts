export declare const tile: import("./gradient").Gradient;
