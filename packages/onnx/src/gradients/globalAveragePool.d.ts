export declare const globalAveragePool: import("./gradient").Gradient;
