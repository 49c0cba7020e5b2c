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
  vi.restoreAllMocks();
});

// Without the variable the same process leaves four files behind.
it("keeps onnxruntime-node from writing into the user's folders", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cajal-home-"));
  const at = (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env;
  try {
    const program = fileURLToPath(new URL("../../../testing/telemetry.ts", import.meta.url));
    const bundle = fileURLToPath(new URL("../../../../../scripts/run-source.mjs", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [bundle, program], {
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

it("says so in a worker thread, whose environment is a copy", () => {
  vi.stubEnv("ORT_DISABLE_TELEMETRY", undefined);
  const workerThreads = { ...process.getBuiltinModule("node:worker_threads"), isMainThread: false };
  vi.spyOn(process, "getBuiltinModule").mockReturnValue(workerThreads);
  const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
  turnTelemetryOff();
  turnTelemetryOff();
  expect(warned).toHaveBeenCalledTimes(1);
  expect(warned).toHaveBeenCalledWith(
    expect.stringContaining("ORT_DISABLE_TELEMETRY=1"),
    expect.objectContaining({ code: "CAJAL_TELEMETRY" }),
  );
});
