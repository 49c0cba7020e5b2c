export declare const gridSample: import("./gradient").Gradient;
