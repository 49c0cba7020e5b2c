export declare const resize: import("./gradient").Gradient;
