import { tensor } from "@cajal/core";
import { functional, toInput } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { callerThread, type GraphThread } from "../thread/graphThread";
import { initialize } from "../../../initializers/initialize";
import { inferLayouts } from "./compile";
import { trainableModel } from "../../../step/model";
import { verifyTraining } from "./verifyTrainStep";

const net = functional("m");
const image = net.input([9, 9, 2]);
let x = net.layer("Conv2D", { filters: 6, kernel_size: 3, name: "conv" }, image);
x = net.layer("BatchNormalization", { name: "normal" }, x);
x = net.layer("ReLU", {}, x);
x = net.layer("Dropout", { rate: 0.2 }, x);
x = net.layer("DepthwiseConv2D", { kernel_size: 3, name: "depthwise" }, x);
x = net.layer("GlobalAveragePooling2D", {}, x);
x = net.layer("Dense", { units: 3, name: "dense" }, x);
const model = net.model([image], [x]);

const trained = trainableModel(model, {
  loss: { name: "any", compute: (ops, _, yPred) => ops.reduceSum(yPred) },
  optimizer: { name: "none", learningRate: () => 0, slots: {}, update: () => ({}) as never },
});
const [input] = trained.inputs;
const shapes = { [input!.name]: input!.shape };
const layouts = inferLayouts(trained, {
  [input!.name]: { dtype: "float32", shape: ["batch", ...input!.shape.slice(1).map(Number)] },
});

type Disturb = (value: number, weight: string) => number;

/** A GPU that gives `f` of the gradients that the CPU computes. */
async function verified(f: Disturb, weights = initialize(model, { seed: 1 })): Promise<void> {
  const cpu = callerThread({ device: "cpu" });
  const gpu: GraphThread = {
    ...cpu,
    async open(graph) {
      const opened = await cpu.open(graph);
      return {
        ...opened,
        run: async (request) =>
          Object.fromEntries(
            Object.entries(await opened.run(request)).map(([name, { shape, data }]) => {
              const weight = name.replace("gradient/", "");
              const values = Array.from(data as Float32Array, (value) => f(value, weight));
              return [name, tensor("float32", shape, values)];
            }),
          ),
      };
    },
  };
  await gpu.put(
    Object.fromEntries(
      [...weights].map(([key, weight]) => {
        const layout = layouts.get(key)!;
        return [key, toInput(layout, weight).data.slice() as Float32Array];
      }),
    ),
  );
  const ref = (key: string) => [key, 0] as const;
  await verifyTraining({ trainable: trained, layouts, shapes, device: "webgpu", thread: gpu, ref });
}

/** Rounded to 10 bits, as TF32 does. */
const rounded = (value: number) => {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10);
  return value === 0 ? 0 : Math.round(value / unit) * unit;
};

describe("verifyTraining", () => {
  it.each<[string, Disturb]>([
    ["computes as the CPU", (value) => value],
    ["rounds to 10 bits", rounded],
    // A bias before a normalization has a gradient of 0; what is there is rounding.
    ["rounds otherwise", (value, weight) => (weight === "conv/bias" ? value + 1e-6 : value)],
  ])("accepts a device that %s", async (_, f) => {
    await expect(verified(f)).resolves.toBe(undefined);
  });

  it.each<[string, string, Disturb]>([
    ["scales wrongly", "dense/kernel", (value, of) => (of === "dense/kernel" ? 2 * value : value)],
    ["gives zeros", "conv/kernel", (value, of) => (of === "conv/kernel" ? 0 : value)],
    ["gives NaN", "normal/gamma", (value, of) => (of === "normal/gamma" ? Number.NaN : value)],
    ["gives NaN", "conv/bias", (value, of) => (of === "conv/bias" ? Number.NaN : value)],
    [
      "gives garbage",
      "depthwise/kernel",
      (value, of) => (of === "depthwise/kernel" ? Math.sin(1e6 * value) : value),
    ],
  ])("refuses one that %s, and names %s", async (_, weight, f) => {
    await expect(verified(f)).rejects.toMatchObject({
      code: "engine",
      message: expect.stringContaining("webgpu"),
      facts: { device: "webgpu", weight },
    });
  });

  it("says nothing of a model whose gradients are not finite on the CPU either", async () => {
    const weights = new Map(initialize(model, { seed: 1 }));
    const kernel = weights.get("dense/kernel")!;
    weights.set("dense/kernel", tensor("float32", kernel.shape, new Float32Array(18).fill(NaN)));
    await expect(verified((value) => value, weights)).resolves.toBe(undefined);
  });
});
