// Layers of one's own, from `defineLayer`, on both engines: opened, summarized, trained.
import { tensor } from "@cajal/core";
import {
  defineLayer,
  fields,
  functional,
  resolve,
  summary,
  toKerasJson,
  toOnnx,
  weightSpecs,
  type Layer,
  type ModelConfig,
} from "@cajal/models";
import type * as tfc from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { single } from "../../models/testing/checkLayer";
import { initialize } from "./initializers/initialize";
import { open } from "./open";
import { openTrainStep } from "./openTrainStep";
import { descent, sum } from "../testing/training";

/** scale · x + shift, the shift learned for each channel. */
const scaleShift = defineLayer({
  className: "ScaleShift",
  fields: { scale: fields.real() },
  shape: (_, [x]) => [x],
  weights: (_, [x]) => [
    { name: "shift", shape: [x.at(-1)!], initializer: "ones", trainable: true },
  ],
  layout: "channelsLast",
  lower: ({ scale }, [x], g, { weight }) => [g.add(g.mul(x, scale), weight("shift"))],
  tfjs: (config, [x], { tf, weights }) => {
    const { add, mul } = tf as typeof tfc;
    const [value, shift] = [x, weights.shift] as unknown as [tfc.Tensor, tfc.Tensor];
    return add(mul(value, config.scale), shift) as unknown as typeof x & {};
  },
  samples: [{ config: { scale: 2 }, inputs: [[2, 3]] }],
});
const { tfjs: _, ...onnxOnly } = scaleShift;

const model: ModelConfig = single("ScaleShift", { scale: 3 }, [{ shape: [2, 2] }]);
const layers: readonly Layer[] = [scaleShift];
const x = tensor("float32", [2, 2], [1, 2, 3, 4]);

it("is known where it is given, by its name and as Keras registers it", () => {
  expect(summary(model, { layers }).totalParams).toBe(2);
  expect(weightSpecs(model, { layers })[0]!.key).toBe("layer/shift");
  expect(toKerasJson(model, { layers }).config.layers[1]!.config.scale).toBe(3);
  const registered = single("Course>ScaleShift", { scale: 3 }, [{ shape: [2, 2] }]);
  expect(resolve(registered, { layers }).outputs[0]!.shape).toEqual([null, 2]);
  expect(() => resolve(model)).toThrow(/ScaleShift.*layers: \[defineLayer/);
  const weights = initialize(model, { seed: 1, layers });
  expect(toOnnx(model, weights, { layers }).graph.nodes.map(({ op }) => op)).toEqual([
    "Mul",
    "Add",
  ]);
});

it("is written by the functional API", () => {
  const net = functional("m");
  const image = net.input([2]);
  const first = net.own(scaleShift, { scale: 2, name: "first" }, image);
  const network = net.model([image], [net.own(scaleShift, { scale: 3 }, first)]);
  const names = summary(network, { layers }).layers.map(({ name }) => name);
  expect(names).toEqual(["input_layer", "first", "scale_shift"]);
  expect(() => net.own({ ...scaleShift }, { scale: 2 }, image)).toThrow(/already/);
});

it.each<[string, unknown]>([
  ["no definition", [{ className: "Mine" }]],
  ["nothing", [null]],
  ["a class that Cajal has", [{ ...scaleShift, className: "Dense" }]],
  ["the same twice", [scaleShift, scaleShift]],
])("%s is refused", (_, definitions) => {
  const options = { layers: definitions as readonly Layer[] };
  expect(() => resolve(model, options)).toThrow(expect.objectContaining({ code: "bad-argument" }));
});

const [loss, optimizer] = [sum, descent(0.5)];

describe.each(["onnx", "tfjs"] as const)("on %s", (engine) => {
  it("computes", async () => {
    const weights = initialize(model, { seed: 1, layers });
    await using session = await open(model, weights, { engine, device: "cpu", layers });
    expect([...(await session.predict(x)).data]).toEqual([4, 7, 10, 13]);
  });

  it("is trained", async () => {
    const settings = { loss, optimizer, engine, device: "cpu" as const, layers };
    const weights = initialize(model, { seed: 1, layers });
    const step = await openTrainStep(model, weights, settings);
    const result = await step.run({ x, y: x });
    expect(result.loss).toBe((4 + 7 + 10 + 13) / 2);
    expect([...(await step.weights()).get("layer/shift")!.data]).toEqual([0.5, 0.5]);
    await step.dispose();
  });
});

it("on tfjs a layer without that form is refused with what to do", async () => {
  const options = { engine: "tfjs", device: "cpu", layers: [onnxOnly] } as const;
  const weights = initialize(model, { seed: 1, layers });
  await expect(open(model, weights, options)).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringMatching(/ScaleShift.*engine onnx.*tfjs/),
  });
});
