// Gradients of a dilated SeparableConv2D beside those on ONNX Runtime.
import { weightSpecs } from "@cajal/models";
import { expect, it } from "vitest";
import { single } from "../../../../models/testing/checkLayer";
import { openGradient } from "../../openGradient";
import { drawn } from "../../../testing/drawn";

it.each(["same", "valid"])("padding %s", async (padding) => {
  const config = { filters: 2, kernel_size: [2, 3], dilation_rate: 2, depth_multiplier: 2, padding, activation: "tanh" }; // prettier-ignore
  const shape = [2, 5, 6, 2];
  const model = single("SeparableConv2D", config, [{ shape }]);
  const weights = new Map(weightSpecs(model).map(({ key, shape }) => [key, drawn(shape, key)]));
  const withRespectTo = ["input_0", ...weights.keys()];
  const on = async (engine: "onnx" | "tfjs") => {
    await using session = await openGradient(model, weights, { engine, device: "cpu", withRespectTo }); // prettier-ignore
    return (await session.run({ input_0: drawn(shape, "x") })).gradients;
  };
  const [reference, got] = [await on("onnx"), await on("tfjs")];
  for (const name of withRespectTo)
    reference[name]!.data.forEach((value, i) =>
      expect(got[name]!.data[i]).toBeCloseTo(Number(value), 4),
    );
});
