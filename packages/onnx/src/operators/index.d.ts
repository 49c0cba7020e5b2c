import type { Operator } from "./operator";
export declare const operators: readonly Operator[];
/** What others ask of an operator; all absent for one that is not known. */
export declare const operatorFacts: (op: string, domain?: string) => Partial<Pick<Operator, "ending" | "macs" | "settings">>;
/** The definition of an operator, if it is known. */
export declare const operator: (op: string, domain?: string) => Operator | undefined;
