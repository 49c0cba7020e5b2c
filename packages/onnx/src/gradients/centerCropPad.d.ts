export declare const centerCropPad: import("./gradient").Gradient;
