import { expect, it } from "vitest";
import { openYardstick } from "./yardstick";

it("times its calculation on all cores, until it is stopped", async () => {
  const yardstick = await openYardstick();
  const { arithmetic_ms, memory_ms } = await yardstick.measure();
  // 10 GFLOP/s and 100 GB/s a core would be 1.6 and 1.3 ms.
  expect(arithmetic_ms).toBeGreaterThan(0.1);
  expect(memory_ms).toBeGreaterThan(0.1);
  yardstick.stop();
  await expect(yardstick.measure()).rejects.toMatchObject({ code: "engine" });
});
