export declare const unsqueeze: import("./gradient").Gradient;
