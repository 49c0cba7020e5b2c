export declare const castLike: import("./gradient").Gradient;
