// Probes a device in a child process: drivers and native bindings may abort the process that loads them, and
// probing a GPU may hang.

/** A probe, to be run in a child process. */
export interface Trial {
  /** The body of an async function of `argument`, as CommonJS; it throws where the device does not work. */
  readonly program: string;
  /** Plain data, passed to the program. */
  readonly argument: object;
  /** Environment of the child process; default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

const timeout = 15_000;

/** @returns true, or the reason why the device does not work */
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
    child.on("close", (code, killSignal) => {
      const answer = /^probe: (.*)$/m.exec(output)?.[1];
      if (answer === "works") resolve(true);
      else if (answer !== undefined) resolve(answer);
      else if (killSignal === "SIGTERM")
        resolve(`gave no answer within ${timeout / 1000} seconds.`);
      else
        resolve(`its trial ended with ${killSignal ?? `exit code ${code}`}. ${lastLine(output)}`);
    });
  });
}

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

/** The program of the child process: CommonJS text, because it must run however this module was built. */
const script = (program: string, argument: object) => `
  // Ends at once: some drivers crash while they shut down.
  const say = (text) => process.stderr.write("probe: " + text + "\\n", () => process.kill(process.pid, "SIGKILL"));
  (async (argument) => {${program}})(${JSON.stringify(argument)}).then(
    () => say("works"),
    (error) => say(String(error.message ?? error).replaceAll("\\n", " ")),
  );
`;
