export declare const flatten: import("./gradient").Gradient;
