export declare const softmaxCrossEntropyLoss: import("./gradient").Gradient;
