export declare const dynamicQuantizeLinear: import("./gradient").Gradient;
