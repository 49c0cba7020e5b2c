export declare const negativeLogLikelihoodLoss: import("./gradient").Gradient;
