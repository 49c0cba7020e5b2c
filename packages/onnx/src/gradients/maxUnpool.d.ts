export declare const maxUnpool: import("./gradient").Gradient;
