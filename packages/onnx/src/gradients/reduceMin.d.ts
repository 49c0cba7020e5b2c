export declare const reduceMin: import("./gradient").Gradient;
