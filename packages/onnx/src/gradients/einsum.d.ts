export declare const einsum: import("./gradient").Gradient;
