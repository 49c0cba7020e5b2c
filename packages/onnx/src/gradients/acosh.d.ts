export declare const acosh: import("./gradient").Gradient;
