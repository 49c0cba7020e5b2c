export declare const roiAlign: import("./gradient").Gradient;
