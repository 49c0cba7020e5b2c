// Inputs of whole numbers and truth values on both engines: values and types as Keras gives them.
import { tensor, type Tensor } from "@cajal/core";
import { functional, weightSpecs, type Model } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { single } from "../../models/testing/checkLayer";
import { dtypeCases, fixtureWeight, nameOf, ofNumbers } from "../../models/testing/dtypes";
import { open } from "./open";

const weightsOf = (model: Model) =>
  new Map(
    weightSpecs(model).map(({ key, shape }, k) => [
      key,
      fixtureWeight(shape, k, key.includes("variance")),
    ]),
  );

const refused: string[] = [];

describe("on TF.js", () => {
  for (const each of dtypeCases.filter((one) => !one.refused))
    it(nameOf(each), async () => {
      const model = single(each.class_name, each.config, each.inputs);
      let session;
      try {
        session = await open(model, weightsOf(model), { engine: "tfjs", device: "cpu" });
      } catch (error) {
        expect(error).toMatchObject({ code: "unsupported" });
        refused.push(nameOf(each));
        return;
      }
      const feeds = each.inputs.map((x, i) => [`input_${i}`, ofNumbers(x)] as const);
      if (each.class_name === "Embedding" && each.inputs[0]!.data.some((index) => index < 0)) {
        // Keras and ONNX count them from the table's end; TF.js refuses them.
        const code = { code: "engine" };
        await expect(session.run(Object.fromEntries(feeds))).rejects.toMatchObject(code);
        return;
      }
      const [y] = Object.values(await session.run(Object.fromEntries(feeds)));
      await session.dispose();
      const dtype = each.dtype === "float64" ? "float32" : each.dtype!;
      expect(y!.dtype).toBe(dtype);
      expect(y!.shape).toEqual(each.shape);
      const largest = each.data!.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      const tolerance = dtype === "float32" ? 1e-5 * largest : 0;
      each.data!.forEach((value, i) =>
        expect(Math.abs(Number(y!.data[i]) - value)).toBeLessThanOrEqual(tolerance),
      );
    });

  it("refuses only what it would round", () => {
    expect(refused.filter((name) => !/(32|64)\b|Multiply|LayerNormalization/.test(name))).toEqual(
      [],
    );
  });
});

describe.each(["onnx", "tfjs"] as const)("on %s", (engine) => {
  const answer = async (model: Model, feeds: Record<string, Tensor>) => {
    await using session = await open(model, new Map(), { engine, device: "cpu" });
    return Object.values(await session.run(feeds))[0]!;
  };

  it("a Rescaling makes numbers from -1 to 1 of pixels", async () => {
    const net = functional("pixels");
    const x = net.input([3], { name: "x", dtype: "uint8" });
    const model = net.model([x], [net.layer("Rescaling", { scale: 1 / 127.5, offset: -1 }, x)]);
    const y = await answer(model, { x: tensor("uint8", [1, 3], [0, 128, 255]) });
    expect(y.dtype).toBe("float32");
    expect(y.data[0]).toBeCloseTo(-1, 6);
    expect(y.data[1]).toBeCloseTo(0.003921628, 6);
    expect(y.data[2]).toBeCloseTo(1, 6);
  });

  it("an Average of pixels adds them as Keras does", async () => {
    const net = functional("mean");
    const inputs = ["a", "b"].map((name) => net.input([3], { name, dtype: "uint8" }));
    const y = await answer(net.model(inputs, [net.layer("Average", {}, inputs)]), {
      a: tensor("uint8", [1, 3], [250, 10, 3]),
      b: tensor("uint8", [1, 3], [250, 20, 4]),
    });
    // 250 + 250 is 244 in 8 bits.
    expect([...y.data]).toEqual([122, 15, 3.5]);
  });

  it("a network of several layers", async () => {
    const net = functional("several");
    const x = net.input([2, 2, 1], { name: "x", dtype: "uint8" });
    const padded = net.layer("ZeroPadding2D", { padding: 1 }, x);
    const largest = net.layer("MaxPooling2D", { pool_size: 2 }, padded);
    const flat = net.layer("Flatten", {}, largest);
    const y = net.layer("Add", {}, [flat, flat]);
    const result = await answer(net.model([x], [y]), {
      x: tensor("uint8", [1, 2, 2, 1], [1, 200, 3, 4]),
    });
    expect(result.dtype).toBe("uint8");
    expect([...result.data]).toEqual([2, 144, 6, 8]);
  });
});
