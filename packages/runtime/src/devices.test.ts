import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { devices } from "./devices";
import { engines } from "./engines";
import { doublingGraph } from "./engines/onnx/doublingGraph";
import { open } from "./open";

describe("devices", () => {
  it("lists every device of every engine, those of this machine as available", async () => {
    const begin = performance.now();
    const listed = await devices();
    expect(performance.now() - begin).toBeLessThan(10_000);
    const named = listed.map(({ engine, device }) => `${engine} ${device}`);
    const expected = engines.flatMap(({ name, devices }) =>
      devices.names.map((device) => `${name} ${device}`),
    );
    expect(named).toEqual(expected);
    for (const { available, reason, version } of listed) {
      expect(available).toBe(reason === undefined);
      if (available) expect(version).toMatch(/^\d+\.\d+\.\d+/);
    }
    const at = (name: string) => listed[named.indexOf(name)]!;
    for (const name of ["onnx cpu", "onnx wasm", "tfjs cpu", "tfjs wasm"])
      expect(at(name)).toMatchObject({ available: true });
    expect(at("onnx cpu").auto).toBe(true);
    expect(at("tfjs wasm").auto).toBe(true);
    expect(listed.filter(({ auto }) => auto)).toHaveLength(2);
    expect(at("tfjs webgl").reason).toContain("browsers");
    expect(at("tfjs node").reason).toContain("npm install @tensorflow/tfjs-node");
  });

  it("says of GPUs what opening says of them", async () => {
    for (const { engine, device, available } of await devices()) {
      if (engine !== "onnx" || !["webgpu", "cuda"].includes(device)) continue;
      const opening = open(doublingGraph(), { engine, device });
      if (!available) {
        await expect(opening).rejects.toMatchObject({ code: "no-device" });
        continue;
      }
      await using session = await opening;
      const y = await session.predict(tensor("float32", [3], [1, 2, 3]));
      expect([...y.data]).toEqual([2, 4, 6]);
    }
  });

  it("can be ended", async () => {
    await expect(devices({ signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});
