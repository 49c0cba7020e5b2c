export declare const unique: import("./operator").Operator;
