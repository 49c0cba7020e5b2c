export declare const reduceSumSquare: import("./gradient").Gradient;
