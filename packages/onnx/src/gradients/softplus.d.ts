export declare const softplus: import("./gradient").Gradient;
