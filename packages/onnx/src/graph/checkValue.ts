// The arguments of what works on a graph under construction.
import { CajalError, checkArgument, showValue } from "@cajal/core";
import type { Value } from "../operators/method";

/** Checks that a value is a GraphBuilder. @throws CajalError `bad-argument` */
export function checkBuilder(where: string, g: { readonly append: unknown }): void {
  checkArgument(where, "g", g, "object");
  checkArgument(where, "g.append", g.append, "function");
}

/** Checks that a value is a Value of a graph. @throws CajalError `bad-argument` */
export function checkValue(where: string, value: Value): void {
  if (typeof value !== "object" || value === null || typeof value.name !== "string")
    throw new CajalError(
      "bad-argument",
      `${where}: got ${showValue(value)}, expected a value of the graph, as its methods give it.`,
      { where },
    );
}
