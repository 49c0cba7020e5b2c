// The list of operators: a definition counts once it is in here.
import type { Operator } from "../operator";
import { elementwise } from "./elementwise";

export const operators: readonly Operator[] = [...elementwise];

const byName = new Map(operators.map((each) => [`${each.domain ?? ""}.${each.op}`, each]));

/** The definition of an operator, if it is known. */
export const operator = (op: string, domain = ""): Operator | undefined =>
  byName.get(`${domain}.${op}`);
