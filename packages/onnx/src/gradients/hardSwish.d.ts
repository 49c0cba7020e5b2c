export declare const hardSwish: import("./gradient").Gradient;
