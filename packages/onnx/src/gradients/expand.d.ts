export declare const expand: import("./gradient").Gradient;
