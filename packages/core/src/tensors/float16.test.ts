import { expect, it } from "vitest";
import { float16Value } from "./float16";

it.each([
  [0, 0],
  [0x8000, -0],
  [0x3c00, 1],
  [0xc000, -2],
  [0x3555, 0.333251953125],
  [0x7bff, 65_504],
  [0x0001, 2 ** -24],
  [0x03ff, 1023 * 2 ** -24],
  [0x7c00, Infinity],
  [0xfc00, -Infinity],
  [0x7e00, NaN],
])("%o stands for %f", (bits, value) => {
  // IEEE 754-2008, binary16
  expect(float16Value(bits)).toBe(value);
});
