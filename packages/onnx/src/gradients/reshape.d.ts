export declare const reshape: import("./gradient").Gradient;
