export declare const softmax: import("./gradient").Gradient;
