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

  it("computes where a backend before it did not start", async () => {
    tf.registerBackend("broken", () => Promise.reject(new Error("on purpose")));
    expect(await tf.setBackend("broken")).toBe(false);
    const square = () => cpu!.runOnBackend(() => tf.square(2).dataSync()[0]);
    expect([square(), square()]).toEqual([4, 4]);
    await tf.setBackend("cpu");
    tf.removeBackend("broken");
  });
});
