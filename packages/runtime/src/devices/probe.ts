// Tries a device out in a process of its own: drivers and native bindings may abort the process that
// loads them, and a GPU's probe may hang.
import { encodeModel } from "@cajal/onnx";
import { installedPath } from "./installed";
import { doubling } from "../engines/onnx/onnxRuntime";
import { withoutTelemetry } from "./telemetry";

/** What is tried: an ONNX Runtime provider, Dawn's adapter, or the import of a package. */
export type Probe = "onnx" | "webgpu" | "import";

const timeout = 15_000;

/**
 * @param device the provider, or the package to import
 * @returns true, or why it does not work
 */
export async function probe({
  kind,
  device,
  signal,
}: {
  kind: Probe;
  device: string;
  signal?: AbortSignal | undefined;
}): Promise<true | string> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const given = {
    device,
    folder: installedPath(packageOf(kind, device)),
    model: Buffer.from(encodeModel(doubling())).toString("base64"),
  };
  const child = spawn(process.execPath, ["--eval", script(kind, given)], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout,
    windowsHide: true,
    env: withoutTelemetry(),
    ...(signal ? { signal } : {}),
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (said += text));
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, killed) => {
      const answer = /^probe: (.*)$/m.exec(said)?.[1];
      if (answer === "works") resolve(true);
      else if (answer !== undefined) resolve(answer);
      else if (killed === "SIGTERM") resolve(`gave no answer within ${timeout / 1000} seconds.`);
      else resolve(`its trial ended with ${killed ?? `exit code ${code}`}. ${lastLine(said)}`);
    });
  });
}

const packageOf = (kind: Probe, device: string) =>
  ({ onnx: "onnxruntime-node", webgpu: "webgpu", import: device })[kind];

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

/** The program of the other process: CommonJS text, for it must run however this module was built. */
const script = (kind: Probe, given: object) => `
  const { device, folder, model } = ${JSON.stringify(given)};
  // Ends at once: some drivers crash while they shut down, after all is said.
  const say = (text) => process.stderr.write("probe: " + text + "\\n", () => process.kill(process.pid, "SIGKILL"));
  const trials = {
    async onnx() {
      const { InferenceSession, Tensor } = require(folder);
      const options = { executionProviders: [device], logSeverityLevel: 4 };
      const session = await InferenceSession.create(Buffer.from(model, "base64"), options);
      const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(1, 2, 3), [3]) });
      if (String(y.data) !== "2,4,6") throw new Error("doubled 1,2,3 to " + y.data);
    },
    async webgpu() {
      const { create, globals } = require(folder);
      Object.assign(globalThis, globals);
      if (!(await create([]).requestAdapter())) throw new Error("no adapter");
    },
    async import() {
      require(folder);
    },
  };
  trials.${kind}().then(() => say("works"), (error) => say(String(error.message ?? error).replaceAll("\\n", " ")));
`;
