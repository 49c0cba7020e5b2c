export declare const selu: import("./gradient").Gradient;
