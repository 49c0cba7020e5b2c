export declare const leakyRelu: import("./gradient").Gradient;
