export declare const asin: import("./gradient").Gradient;
