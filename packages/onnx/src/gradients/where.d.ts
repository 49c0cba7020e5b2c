export declare const where: import("./gradient").Gradient;
