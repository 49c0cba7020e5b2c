export declare const div: import("./gradient").Gradient;
