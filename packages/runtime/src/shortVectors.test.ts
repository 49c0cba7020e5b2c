// Layers that divide by a length, of vectors that have none or nearly none, beside Keras 3.15.
import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { single } from "../../models/testing/checkLayer";
import { openGradient } from "./openGradient";

const x = tensor("float32", [3, 2], [0, 0, 3e-8, 4e-8, 3, 4]);
const y = tensor("float32", [3, 2], [3, -4, 3, -4, 3, -4]);
const vectors = { shape: [3, 2] };

it.each(["onnx", "tfjs"] as const)("UnitNormalization on %s", async (engine) => {
  const model = single("UnitNormalization", {}, [vectors]);
  await using session = await openGradient(model, new Map(), { engine, device: "cpu" });
  const { value, gradients } = await session.run({ input_0: x }, { dy: y });
  const close = (numbers: number[]) => numbers.map((each) => expect.closeTo(each, 4) as number);
  expect([...value.data]).toEqual(close([0, 0, 0.6, 0.8, 0.6, 0.8]));
  const inUnits = [1e12, 1e12, 1e8, 1e8, 1, 1];
  const got = [...gradients["input_0"]!.data].map((each, i) => Number(each) / inUnits[i]!);
  expect(got).toEqual(close([3, -4, 0.7679999, -0.576, 0.768, -0.576]));
});

it.each(["onnx", "tfjs"] as const)("a normalized Dot on %s", async (engine) => {
  const model = single("Dot", { axes: 1, normalize: true }, [vectors, vectors]);
  await using session = await openGradient(model, new Map(), { engine, device: "cpu" });
  const dy = tensor("float32", [3, 1], [1, 1, 1]);
  const { value, gradients } = await session.run({ input_0: x, input_1: y }, { dy });
  const close = (numbers: number[]) => numbers.map((each) => expect.closeTo(each, 4) as number);
  expect([...value.data]).toEqual(close([0, -0.14, -0.28]));
  const inUnits = [1e7, 1e7, 1e7, 1e7, 1, 1];
  const got = [...gradients["input_0"]!.data].map((each, i) => Number(each) / inUnits[i]!);
  expect(got).toEqual(close([0.6, -0.8, 0.6, -0.8, 0.1536, -0.1152]));
});
