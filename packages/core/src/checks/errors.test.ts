import { expect, it } from "vitest";
import { CajalError, isCajalError } from "./errors";

const error = new CajalError("bad-shape", "layer: got 1", { layer: "a" }, { cause: "why" });

it("has code, facts, message and cause", () => {
  expect(error).toMatchObject({ code: "bad-shape", facts: { layer: "a" }, cause: "why" });
  expect(String(error)).toBe("CajalError: layer: got 1");
  expect(error).toBeInstanceOf(Error);
  expect(new CajalError("io", "x").facts).toEqual({});
});

it("is known by its fields, also when another copy of the package made it", () => {
  const other = Object.assign(new Error("x"), { name: "CajalError", code: "io", facts: {} });
  expect([isCajalError(error), isCajalError(other)]).toEqual([true, true]);
  expect([isCajalError(error, "bad-shape"), isCajalError(error, "io")]).toEqual([true, false]);
});

it.each([
  new Error("x"),
  Object.assign(new Error("x"), { code: "io" }),
  { name: "CajalError", code: "io" },
  "CajalError",
  null,
  undefined,
])("is not %s", (other) => expect(isCajalError(other)).toBe(false));
