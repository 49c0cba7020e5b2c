export declare const add: import("./gradient").Gradient;
