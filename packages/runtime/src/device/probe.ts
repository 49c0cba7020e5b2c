// Tries a device out in a process of its own: drivers and native bindings may abort the process that
// loads them, and a GPU's probe may hang.

/** What is tried, in another process. */
export interface Trial {
  /** The body of an async function of `given`, CommonJS; it throws where the device does not work. */
  readonly program: string;
  /** Plain data. */
  readonly argument: object;
  /** Environment of the process; default: that of this one. */
  readonly env?: NodeJS.ProcessEnv;
}

const timeout = 15_000;

/** @returns true, or why it does not work */
export async function probe(
  { program, argument, env = process.env }: Trial,
  signal: AbortSignal | undefined,
): Promise<true | string> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const child = spawn(process.execPath, ["--eval", script(program, argument)], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout,
    windowsHide: true,
    env,
    ...(signal ? { signal } : {}),
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (output += text));
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, killed) => {
      const answer = /^probe: (.*)$/m.exec(output)?.[1];
      if (answer === "works") resolve(true);
      else if (answer !== undefined) resolve(answer);
      else if (killed === "SIGTERM") resolve(`gave no answer within ${timeout / 1000} seconds.`);
      else resolve(`its trial ended with ${killed ?? `exit code ${code}`}. ${lastLine(output)}`);
    });
  });
}

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

/** The program of the other process: CommonJS text, for it must run however this module was built. */
const script = (program: string, argument: object) => `
  // Ends at once: some drivers crash while they shut down, after all is said.
  const say = (text) => process.stderr.write("probe: " + text + "\\n", () => process.kill(process.pid, "SIGKILL"));
  (async (argument) => {${program}})(${JSON.stringify(argument)}).then(
    () => say("works"),
    (error) => say(String(error.message ?? error).replaceAll("\\n", " ")),
  );
`;
