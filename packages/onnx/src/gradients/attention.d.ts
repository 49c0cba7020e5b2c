export declare const attention: import("./gradient").Gradient;
