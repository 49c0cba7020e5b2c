export declare const pow: import("./gradient").Gradient;
