export declare const sinh: import("./gradient").Gradient;
