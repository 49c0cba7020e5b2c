export declare const acos: import("./gradient").Gradient;
