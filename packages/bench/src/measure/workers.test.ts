import { expect, it } from "vitest";
import { ratioOf, startWorker, takeTurns } from "./workers";

/** A worker of few lines, as another library's might be. */
const node = (script: string): [string, ...string[]] => [process.execPath, "-e", script];
const steady = (ms: number) =>
  node(`
    console.log("a line that is no answer");
    console.log(JSON.stringify({ ready: true, best_warm_ms: ${ms} }));
    require("readline").createInterface({ input: process.stdin }).on("line", (n) =>
      console.log(JSON.stringify({ median_ms: ${ms}, n: Number(n), rss_mb: 50, version: "1" })));
  `);

it("lets workers take turns of equal length", async () => {
  const workers = await Promise.all([
    startWorker("quick", steady(2)),
    startWorker("slow", steady(20)),
  ]);
  const turns = takeTurns(workers, { rounds: 3, seconds: 0.06 });
  const order: string[] = [];
  let turn = await turns.next();
  for (; turn.done !== true; turn = await turns.next()) order.push(turn.value.name);
  const [quick, slow] = turn.value;
  for (const worker of workers) worker.stop();
  expect(order).toEqual(["quick", "slow", "quick", "slow", "quick", "slow"]);
  // 60 ms are 30 steps of 2 ms and 3 of 20 ms, three times each.
  expect([quick!.n, slow!.n]).toEqual([90, 9]);
  expect(slow).toMatchObject({ rss_mb: 50, version: "1", rounds_ms: [20, 20, 20] });
  expect(ratioOf(slow!, quick!)).toBe(10);
});

it("passes on the last words of a process that ends too early", async () => {
  await expect(
    startWorker("broken", node(`throw new Error("no such device")`)),
  ).rejects.toMatchObject({ code: "engine", message: expect.stringContaining("no such device") });
});

it("gives up on a process that says nothing", async () => {
  await expect(
    startWorker("silent", node("setTimeout(() => {}, 60000)"), { patience: 0.3 }),
  ).rejects.toMatchObject({ code: "timeout" });
});

it("ends the process when it is told to", async () => {
  const controller = new AbortController();
  const started = startWorker("endless", node("setTimeout(() => {}, 60000)"), {
    signal: controller.signal,
  });
  setTimeout(() => controller.abort(), 200);
  await expect(started).rejects.toMatchObject({ name: "AbortError" });
});
