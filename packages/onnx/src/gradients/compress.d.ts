export declare const compress: import("./gradient").Gradient;
