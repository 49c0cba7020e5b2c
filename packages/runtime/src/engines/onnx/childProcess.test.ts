import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// That such a Worker may be ended at any time is in packages/train/src/exits.test.ts.
it("in a Worker predicts, trains and refuses as on the main thread", async () => {
  const args = ["../../../../../scripts/run-source.mjs", "../../../testing/inWorker.ts"].map(at);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  const { inWorker, here } = JSON.parse(stdout) as Record<string, unknown[]>;
  expect(here).toHaveLength(4);
  expect(inWorker).toEqual(here);
  expect(stderr).toBe("");
});
