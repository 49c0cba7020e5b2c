import { expect, it } from "vitest";
import { isPromise } from "./isPromise";

/** As other libraries make them: no Promise, and yet to be awaited. */
// oxlint-disable-next-line no-thenable -- that is what is tested
const thenable = (then: unknown) => ({ then });

it.each([
  [Promise.resolve(1), true],
  [thenable((resolve: (value: number) => void) => resolve(1)), true],
  [thenable(1), false],
  [() => Promise.resolve(1), false],
  [null, false],
  [undefined, false],
  ["then", false],
])("of %o: %s", (value, expected) => expect(isPromise(value)).toBe(expected));
