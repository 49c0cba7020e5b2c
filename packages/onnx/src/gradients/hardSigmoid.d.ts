export declare const hardSigmoid: import("./gradient").Gradient;
