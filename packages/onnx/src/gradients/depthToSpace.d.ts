export declare const depthToSpace: import("./gradient").Gradient;
