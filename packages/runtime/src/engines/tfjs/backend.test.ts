import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { backendsReady, tfjsOn, type Tfjs } from "./backend";

describe("TF.js under a device's own backend", () => {
  let [cpu, wasm]: Tfjs[] = [];
  beforeAll(async () => {
    [cpu, wasm] = await Promise.all([tfjsOn("cpu"), tfjsOn("wasm")]);
    await backendsReady();
  });

  it("computes on that backend, and leaves the current one as it was", async () => {
    for (const before of ["cpu", "wasm"]) {
      await tf.setBackend(before);
      for (const each of [cpu!, wasm!]) {
        expect(each.runOnBackend(() => tf.getBackend())).toBe(each.device);
        expect(tf.getBackend()).toBe(before);
      }
    }
  });

  it("is a switch within a switch, and back when a computation throws", async () => {
    await tf.setBackend("cpu");
    const backends = wasm!.runOnBackend(() => {
      const inner = cpu!.runOnBackend(() => tf.getBackend());
      return [inner, tf.getBackend()];
    });
    expect(backends).toEqual(["cpu", "wasm"]);
    expect(() =>
      wasm!.runOnBackend(() => {
        throw new Error("on purpose");
      }),
    ).toThrow("on purpose");
    expect(tf.getBackend()).toBe("cpu");
  });

  it("keeps tensors on the backend that made them", async () => {
    await tf.setBackend("cpu");
    const squares = wasm!.runOnBackend(() => tf.square(tf.tensor1d([1, 2, 3])));
    // TF.js itself would move it, were it used on the other.
    expect(tf.engine().state.tensorInfo.get(squares.dataId)?.backend).toBe(
      tf.engine().registry["wasm"],
    );
    expect([...(await squares.data())]).toEqual([1, 4, 9]);
    squares.dispose();
  });

  it("means wasm by auto in Node, and says which GPU could not be had", async () => {
    expect((await tfjsOn("auto")).device).toBe("wasm");
    await expect(tfjsOn("webgl")).rejects.toMatchObject({ code: "no-device" });
    await expect(tfjsOn("node")).rejects.toMatchObject({
      code: "missing-peer",
      facts: { peer: "@tensorflow/tfjs-node" },
    });
  });
});
