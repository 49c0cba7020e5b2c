export declare const quickGelu: import("./gradient").Gradient;
