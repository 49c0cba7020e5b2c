export declare const trilu: import("./gradient").Gradient;
