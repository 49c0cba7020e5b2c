export declare const concat: import("./gradient").Gradient;
