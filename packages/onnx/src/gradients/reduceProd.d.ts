export declare const reduceProd: import("./gradient").Gradient;
