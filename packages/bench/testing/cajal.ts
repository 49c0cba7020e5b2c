// The command line as its users have it: a process of its own, built from the current sources.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../../scripts/cajal.mjs", import.meta.url));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CallOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Called with standard error so far, e.g. to interrupt when it says something. */
  onStderr?: (said: string, interrupt: () => void) => void;
}

/** Runs `cajal` with these arguments. */
export function cajal(
  args: readonly string[],
  { cwd, env, onStderr }: CallOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd,
      // Vitest's own settings must not colour what a user would see.
      env: { ...process.env, NO_COLOR: "1", NODE_OPTIONS: "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      onStderr?.(stderr, () => child.kill("SIGINT"));
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}
