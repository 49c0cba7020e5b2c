export declare const scatterElements: import("./gradient").Gradient;
