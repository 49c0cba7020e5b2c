export declare const gatherNd: import("./gradient").Gradient;
