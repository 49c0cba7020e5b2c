import { describe, expect, it } from "vitest";
import { tfjsOn } from "./backend";
import { gradients, selfTest } from "./selfTest";

describe("the check of a TF.js device", () => {
  it("accepts one that computes as the CPU", async () => {
    const wasm = await tfjsOn("wasm");
    const { numTensors } = wasm.tf.memory();
    await selfTest(wasm);
    expect(wasm.tf.memory().numTensors).toBe(numTensors);
  });

  it("refuses one of whose operations one is wrong, naming it", async () => {
    const wasm = await tfjsOn("wasm");
    const { tf } = wasm;
    const matMul: typeof tf.matMul = (a, b) => tf.mul(tf.matMul(a, b), 1.02);
    await expect(selfTest({ ...wasm, tf: { ...tf, matMul } })).rejects.toMatchObject({
      code: "engine",
      message: expect.stringMatching(/wasm.*matMul/),
    });
    const maxPool: typeof tf.maxPool = (...args) => tf.mul(tf.maxPool(...args), Number.NaN);
    await expect(selfTest({ ...wasm, tf: { ...tf, maxPool } })).rejects.toMatchObject({
      code: "engine",
      message: expect.stringContaining("maxPool"),
    });
  });

  it("names a gradient that is wrong, where a device is to train", async () => {
    const cpu = await tfjsOn("cpu");
    const { tf } = cpu;
    const { numTensors } = tf.memory();
    await selfTest(cpu, gradients);
    expect(tf.memory().numTensors).toBe(numTensors);
    let number = 0;
    const grad: typeof tf.grad = (f) => (x, dy) => (++number === 4 ? tf.mul(tf.grad(f)(x, dy), 0.9) : tf.grad(f)(x, dy)); // prettier-ignore
    await expect(selfTest({ ...cpu, tf: { ...tf, grad } }, gradients)).rejects.toMatchObject({
      code: "engine",
      message: expect.stringContaining("the gradient of maxPool differs"),
    });
  });
});
