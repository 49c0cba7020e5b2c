export declare const dropout: import("./gradient").Gradient;
