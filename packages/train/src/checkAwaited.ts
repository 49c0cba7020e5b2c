// A promise is an object, and would be taken for an empty one.
import { CajalError, isPromise } from "@cajal/core";

/** @throws CajalError `bad-argument` for a promise in the place of what it gives */
export function checkAwaited(where: string, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values))
    if (isPromise(value))
      throw new CajalError(
        "bad-argument",
        `${where}: got a promise as ${name}, expected what it gives: await it.`,
        { where, name },
      );
}
