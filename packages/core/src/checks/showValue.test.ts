import { expect, it } from "vitest";
import { showValue } from "./showValue";

it.each<[unknown, string]>([
  [new Blob([]), "a Blob"],
  [new Map(), "a Map"],
  [new ArrayBuffer(2), "an ArrayBuffer"],
  [new Date(0), "a Date"],
  [{}, "an empty object"],
  [Object.create({ own: 1 }), "an empty object"],
  [{ a: 1, b: 2 }, "an object with a, b"],
  [Promise.resolve(), "a promise (await it)"],
  [{ dtype: "float32", shape: [2, 3] }, "a float32 tensor [2,3]"],
  [Float32Array.of(1, 2), "a Float32Array of 2"],
  [null, "null"],
])("%o is %s", (value, words) => expect(showValue(value)).toBe(words));
