// Every layer on every type of numbers: the values and the type that Keras gives, on ONNX Runtime.
import { describe, expect, it } from "vitest";
import { single } from "../../../testing/checkLayer";
import {
  dtypeCases,
  fixtureWeight,
  nameOf,
  ofNumbers,
  type DTypeCase,
} from "../../../testing/dtypes";
import { runOnnx } from "../../../testing/runOnnx";
import { toOnnx } from "../../lower/lower";
import { resolve, type Model } from "../../network/network";
import { weightSpecs } from "../../network/summary";

/** ONNX Runtime has no pool of int64; of LayerNormalization Keras leaves nothing but signs. */
const isRefused = ({ class_name, config, inputs }: DTypeCase) =>
  (/MaxPooling.D/.test(class_name + JSON.stringify(config)) &&
    !class_name.startsWith("Global") &&
    inputs[0]!.dtype === "int64") ||
  (class_name === "LayerNormalization" && inputs[0]!.dtype !== "float64");

const weightsOf = (model: Model) =>
  new Map(
    weightSpecs(model).map(({ key, shape }, k) => [
      key,
      fixtureWeight(shape, k, key.includes("variance")),
    ]),
  );

describe("types of numbers", () => {
  for (const each of dtypeCases.filter(({ refused }) => !refused))
    it(nameOf(each), async () => {
      const { class_name, config, inputs } = each;
      const model = single(class_name, config, inputs);
      if (isRefused(each)) {
        const run = () => toOnnx(model, weightsOf(model));
        expect(run).toThrow(expect.objectContaining({ code: "unsupported" }));
        return;
      }
      const feeds = Object.fromEntries(inputs.map((x, i) => [`input_${i}`, ofNumbers(x)]));
      const [y] = Object.values(await runOnnx(toOnnx(model, weightsOf(model)), feeds));
      // Keras gives the mean of 32 bits and more in float64.
      const dtype = each.dtype === "float64" ? "float32" : each.dtype!;
      expect(resolve(model).outputs[0]!.dtype).toBe(dtype);
      expect(y!.shape).toEqual(each.shape);
      const largest = each.data!.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
      const tolerance = dtype === "float32" ? 1e-5 * largest : 0;
      each.data!.forEach((value, i) =>
        expect(Math.abs(Number(y!.data[i]) - value)).toBeLessThanOrEqual(tolerance),
      );
    });

  it.each(["Add", "Average", "Maximum", "Subtract"])("%s of truth values is refused", (name) => {
    const inputs = [0, 1].map(() => ({ shape: [1, 2], dtype: "bool" }));
    expect(() => resolve(single(name, {}, inputs))).toThrow(
      expect.objectContaining({ code: "unsupported", message: expect.stringContaining("bool") }),
    );
  });
});
