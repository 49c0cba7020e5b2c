export declare const centerCropPad: import("./operator").Operator;
