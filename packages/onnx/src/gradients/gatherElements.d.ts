export declare const gatherElements: import("./gradient").Gradient;
