export declare const transpose: import("./gradient").Gradient;
