// Standard output that cannot be written to: a full disk.
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

it.skipIf(!existsSync("/dev/full"))("says in a line that its answer could not be written, and exits 1", () => {
  const full = openSync("/dev/full", "w");
  const { status, stderr } = spawnSync(process.execPath, [path("../../../scripts/run-source.mjs"), path("program.ts"), "--help"], { stdio: ["ignore", full, "pipe"], encoding: "utf8" }); // prettier-ignore
  closeSync(full);
  expect(stderr).toMatch(/^cajal: writing to standard output failed: ENOSPC.*\n$/);
  expect(status).toBe(1);
}, 60_000); // prettier-ignore
