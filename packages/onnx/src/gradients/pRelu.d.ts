export declare const pRelu: import("./gradient").Gradient;
