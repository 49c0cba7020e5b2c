export declare const elu: import("./gradient").Gradient;
