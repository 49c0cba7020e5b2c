export declare const sqrt: import("./gradient").Gradient;
