import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, expect, it, vi } from "vitest";
import { turnTelemetryOff } from "./telemetry";

afterEach(() => {
  vi.unstubAllEnvs();
});

// Without the variable the same process leaves four files behind.
it.each([
  ["telemetry.ts", []],
  // A Worker's environment is a copy, which the library does not read.
  ["inWorker.ts", ["worker alone"]],
])("keeps onnxruntime-node from writing into the user's folders: %s", async (file, args) => {
  const folder = mkdtempSync(join(tmpdir(), "cajal-home-"));
  const at = (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env;
  try {
    const program = fileURLToPath(new URL(`../../../testing/${file}`, import.meta.url));
    const bundle = fileURLToPath(new URL("../../../../../scripts/run-source.mjs", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [bundle, program, ...args], {
      env: {
        ...env,
        HOME: at("home"),
        USERPROFILE: join(folder, "home"),
        XDG_CACHE_HOME: at("cache"),
        TMPDIR: at("temporary"),
      },
    });
    expect(stdout).toBe("done\n");
    expect(readdirSync(folder, { recursive: true }).toSorted()).toEqual(["cache", "home", "temporary"]); // prettier-ignore
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("leaves the variable as the user has set it", () => {
  vi.stubEnv("ORT_DISABLE_TELEMETRY", "0");
  turnTelemetryOff();
  expect(process.env["ORT_DISABLE_TELEMETRY"]).toBe("0");
});
