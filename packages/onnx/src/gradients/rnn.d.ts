export declare const rnn: import("./gradient").Gradient;
