export declare const gru: import("./gradient").Gradient;
