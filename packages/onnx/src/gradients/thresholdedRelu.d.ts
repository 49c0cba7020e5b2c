export declare const thresholdedRelu: import("./gradient").Gradient;
