import { functional } from "@cajal/models";
import { tensor } from "@cajal/core";
import { encodeModel, GraphBuilder, type OnnxModel } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { initialize } from "../../initializers/initialize";
import { open } from "../../open";
import { tryInChildProcess } from "./isolate";

/** y = x + noise · scale; at a scale of 0, which the builder refuses, ONNX Runtime aborts. */
function noisy(scale: number): OnnxModel {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["n"]);
  g.output(g.add(x, g.op("RandomNormalLike", [x], { scale: 1 })), "y");
  const model = g.build();
  const noise = model.graph.nodes.find(({ op }) => op === "RandomNormalLike")!;
  Object.assign(noise.attributes.scale!, { value: scale });
  return model;
}

describe("isolate", () => {
  it.each([false, true])("makes an abort of ONNX Runtime an error, bytes: %s", async (bytes) => {
    const model = bytes ? encodeModel(noisy(0)) : noisy(0);
    await expect(open(model, { isolate: true })).rejects.toMatchObject({
      code: "engine",
      facts: { stage: "running", signal: "SIGABRT" },
    });
  });

  it("says what ONNX Runtime refuses", async () => {
    await expect(open(new Uint8Array(100), { isolate: true })).rejects.toMatchObject({
      code: "engine",
      message: expect.stringMatching(/opening in a process of its own/),
      facts: { stage: "opening", signal: expect.anything() },
    });
  });

  it("opens what works, here too", async () => {
    const net = functional("net");
    const x = net.input([3]);
    const model = net.model([x], [net.layer("Dense", { units: 2 }, x)]);
    const weights = initialize(model, { seed: 1 });
    await using session = await open(model, weights, { isolate: true, threads: 1 });
    expect((await session.predict(tensor("float32", [1, 3]))).shape).toEqual([1, 2]);
  });

  it("gives up after a while, and when it is told to", async () => {
    await expect(tryInChildProcess(noisy(1), { device: "cpu", timeout: 1 })).rejects.toMatchObject({
      code: "engine",
      message: expect.stringContaining("gave no answer within"),
    });
    const controller = new AbortController();
    const opening = open(noisy(1), { isolate: true, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
  });

  it("is for native devices", async () => {
    for (const place of [{ device: "wasm" }, { engine: "tfjs", device: "cpu" }] as const) {
      const net = functional("net");
      const x = net.input([3]);
      const model = net.model([x], [net.layer("Dense", { units: 2 }, x)]);
      const weights = initialize(model, { seed: 1 });
      await expect(open(model, weights, { isolate: true, ...place })).rejects.toMatchObject({
        code: "unsupported",
      });
    }
  });
});
