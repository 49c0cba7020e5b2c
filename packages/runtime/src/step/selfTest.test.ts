import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { onnx } from "../engines/onnx/onnx";
import { testedVersions } from "../engines/onnx/peers";
import { tfjs } from "../engines/tfjs/tfjs";
import { testedVersions as testedTfjs } from "../engines/tfjs/peers";
import { initialize } from "../initializers/initialize";
import type { PendingStep } from "./core";
import { trainableModel } from "./model";
import {
  lossesOf,
  selfTest,
  selfTestNetworks,
  selfTestOptions as options,
  type OpenCore,
} from "./selfTest";

const keras: Readonly<Record<string, readonly number[]>> = JSON.parse(
  readFileSync(new URL("../../fixtures/training-self-test.json", import.meta.url), "utf8"),
);
const networks = selfTestNetworks.map((make) => ({ name: make().model.config.name, ...make() }));

it.each(networks)("has Keras' losses of the $name network", ({ name, losses }) => {
  losses.forEach((loss, step) => expect(loss).toBeCloseTo(keras[name]![step]!, 5));
});

describe.each([
  ["onnx", "cpu", onnx.openTrainStep],
  ["onnx", "wasm", onnx.openTrainStep],
  ["tfjs", "cpu", tfjs.openTrainStep],
  ["tfjs", "wasm", tfjs.openTrainStep],
] as const)("%s on %s", (engine, device, open: OpenCore) => {
  it.each(networks)("trains the $name network as Keras does", async ({ name, model }) => {
    const losses = lossesOf(model, 4, open, { engine, device });
    if (engine === "tfjs" && device === "wasm" && name === "convolutional")
      return expect(losses).rejects.toMatchObject({ code: "unsupported" });
    (await losses).forEach((loss, step) => expect(loss).toBeCloseTo(keras[name]![step]!, 4));
  });

  it("passes", async () => {
    await expect(selfTest({ engine, device }, open)).resolves.toBe(undefined);
  });
});

describe("refuses an engine", () => {
  const failing =
    ({ change = (pending: PendingStep) => pending, zeros = false }): OpenCore =>
    async (trained, weights, options) => {
      const core = await onnx.openTrainStep(trained, weights, options);
      const zero = async () => {
        const zeros = [...(await core.readWeights())].map(
          ([key, value]) => [key, { ...value, data: new Float32Array(value.data.length) }] as const,
        );
        await core.write(new Map(zeros), await core.readSlots());
      };
      return {
        ...core,
        async compute(batches, at) {
          if (zeros && at.iteration > 0) await zero();
          return change(await core.compute(batches, at));
        },
      };
    };
  const where = { engine: "onnx", device: "wasm" } as const;

  it("that gives zeros for new weights", async () => {
    // As onnxruntime-web does with arrays that it does not fill.
    await expect(selfTest(where, failing({ zeros: true }))).rejects.toMatchObject({
      code: "engine",
      facts: { ...where, step: 1 },
      message: expect.stringContaining("onnx trains wrongly on device wasm"),
    });
  });

  it("that updates nothing", async () => {
    const open = failing({
      change: (pending) => ({ ...pending, commit: () => pending.discard() }),
    });
    await expect(selfTest(where, open)).rejects.toMatchObject({ facts: { step: 1 } });
  });

  it.each([0, Number.NaN])("that gives %d for the loss", async (loss) => {
    const open = failing({ change: (pending) => ({ ...pending, numbers: [[[loss]]] }) });
    await expect(selfTest(where, open)).rejects.toMatchObject({
      code: Number.isNaN(loss) ? "diverged" : "engine",
    });
  });
});

it("is spared the runtimes that these tests train on, and no others", async () => {
  const { devDependencies } = JSON.parse(
    readFileSync(new URL("../../../../package.json", import.meta.url), "utf8"),
  );
  expect(devDependencies).toMatchObject({ ...testedVersions, ...testedTfjs });
  const { model } = networks[1]!;
  const trained = trainableModel(model, options);
  const weights = initialize(model, { seed: 1 });
  for (const [engine, device, tested] of [
    ["onnx", "cpu", true],
    ["onnx", "wasm", false],
    ["tfjs", "cpu", true],
    ["tfjs", "wasm", false],
  ] as const) {
    const open = engine === "onnx" ? onnx.openTrainStep : tfjs.openTrainStep;
    const core = await open(trained, weights, { ...options, engine, device });
    expect({ engine, device, tested: core.isTested }).toEqual({ engine, device, tested });
    await core.free();
  }
});
