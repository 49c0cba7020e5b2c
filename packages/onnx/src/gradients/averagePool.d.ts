export declare const averagePool: import("./gradient").Gradient;
