export declare const affineGrid: import("./gradient").Gradient;
