// The command line as its users have it: a process of its own, built from the current sources.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../../scripts/cajal.mjs", import.meta.url));
const command = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

/** Builds what is stale, once before the tests of a file: a build takes longer than most of them. */
export async function buildCajal(): Promise<void> {
  const { code, stderr } = await call([script, "--version"], {});
  if (code !== 0) throw new Error(stderr);
}

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CallOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Called with standard error so far, e.g. to interrupt when it says something. */
  onStderr?: (text: string, interrupt: () => void) => void;
}

/** Runs `cajal` with these arguments; see {@link buildCajal}. */
export const cajal = (args: readonly string[], options: CallOptions = {}): Promise<Outcome> =>
  call([command, ...args], options);

function call(args: readonly string[], { cwd, env, onStderr }: CallOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
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
