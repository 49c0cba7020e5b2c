export declare const reduceMean: import("./gradient").Gradient;
