export declare const unique: import("./gradient").Gradient;
