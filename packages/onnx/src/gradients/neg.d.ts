export declare const neg: import("./gradient").Gradient;
