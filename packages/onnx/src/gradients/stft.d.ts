export declare const stft: import("./gradient").Gradient;
