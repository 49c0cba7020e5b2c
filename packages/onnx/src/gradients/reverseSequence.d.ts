export declare const reverseSequence: import("./gradient").Gradient;
