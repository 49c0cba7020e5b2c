import { expect, it } from "vitest";
import { startWorker } from "./workers";

/** A worker of few lines, as another library's might be. */
const node = (script: string): [string, ...string[]] => [process.execPath, "-e", script];

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
