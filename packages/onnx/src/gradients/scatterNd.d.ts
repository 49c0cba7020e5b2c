export declare const scatterNd: import("./gradient").Gradient;
