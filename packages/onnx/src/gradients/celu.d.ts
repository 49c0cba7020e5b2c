export declare const celu: import("./gradient").Gradient;
