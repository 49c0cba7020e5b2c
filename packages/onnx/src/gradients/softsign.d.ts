export declare const softsign: import("./gradient").Gradient;
