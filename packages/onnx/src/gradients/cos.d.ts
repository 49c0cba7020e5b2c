export declare const cos: import("./gradient").Gradient;
