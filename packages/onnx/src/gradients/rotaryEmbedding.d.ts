export declare const rotaryEmbedding: import("./gradient").Gradient;
