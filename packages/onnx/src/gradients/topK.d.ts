export declare const topK: import("./gradient").Gradient;
