export declare const spaceToDepth: import("./gradient").Gradient;
