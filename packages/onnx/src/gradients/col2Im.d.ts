export declare const col2Im: import("./gradient").Gradient;
