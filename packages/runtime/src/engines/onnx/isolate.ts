// Opens and runs a model in a child process first. Some models make ONNX Runtime abort, by an assertion or a
// faulty kernel, which ends the process that opens them: here that is the child, and its end becomes an error.
import { CajalError } from "@cajal/core";
import { encodeModel, type OnnxModel } from "@cajal/onnx";
import { inNode, type DeviceName } from "../../device/device";
import { installedPath } from "../../device/installed";
import { withoutTelemetry } from "./telemetry";
import { sessionOptions } from "./onnxRuntime";

export interface IsolateOptions {
  readonly device: DeviceName;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the trial fails; default 120,000. */
  readonly timeout?: number;
}

/** Progress of the child process, which it writes one per line. */
type Stage = "loading" | "opening" | "running" | "done";

/**
 * Opens the model in a child process and runs it there once, on generated numbers, with free extents as 1.
 *
 * @throws CajalError `engine` where the model does not open, or the child process is killed or crashes:
 *   `facts` has the `stage`, and the `signal` or `exitCode`; `unsupported` outside of Node
 */
export async function tryInChildProcess(
  model: OnnxModel | Uint8Array,
  { device, threads, signal, timeout = 120_000 }: IsolateOptions,
): Promise<void> {
  if (!inNode || device === "wasm")
    throw new CajalError(
      "unsupported",
      "isolate: only Node has processes, and only a native device needs one. Leave the option out.",
      { device },
    );
  const folder = installedPath("onnxruntime-node");
  if (folder === undefined) return; // opening the model will report what to install
  const { spawn } = process.getBuiltinModule("node:child_process");
  const settings = { folder, options: sessionOptions({ device, threads }) };
  const child = spawn(process.execPath, ["--eval", program(settings)], {
    stdio: ["pipe", "pipe", "pipe"],
    timeout,
    killSignal: "SIGKILL",
    windowsHide: true,
    env: withoutTelemetry(),
    ...(signal && { signal }),
  });
  // The child may end before it has read everything.
  child.stdin.on("error", () => {});
  child.stdin.end("graph" in model ? encodeModel(model) : model);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  const startTime = Date.now();
  const { exitCode, killedBy } = await new Promise<{
    exitCode: number | null;
    killedBy: string | null;
  }>((resolve, reject) => {
    child.on("error", () => (signal?.aborted ? reject(signal.reason) : undefined));
    child.on("close", (exitCode, killedBy) => resolve({ exitCode, killedBy }));
  });
  signal?.throwIfAborted();
  const stage = (stdout.trim().split("\n").at(-1) || "loading") as Stage;
  if (stage === "done") return;
  const refusal = /^refused: (.*)$/m.exec(stderr)?.[1];
  const facts = { engine: "onnx", device, stage, exitCode, signal: killedBy };
  if (refusal !== undefined)
    throw new CajalError("engine", `engine onnx, ${stage} in a process of its own: ${refusal}`, facts); // prettier-ignore
  const end =
    killedBy === "SIGKILL" && Date.now() - startTime >= timeout
      ? `gave no answer within ${timeout / 1000} seconds`
      : `was ended by ${killedBy ?? `exit code ${exitCode}`}`;
  throw new CajalError(
    "engine",
    `engine onnx, ${stage} in a process of its own: that process ${end}. ${lastLine(stderr)} This model would have ended your process as well: it is damaged, or meets a fault of ONNX Runtime's.`,
    facts,
  );
}

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

/** CommonJS text, because it must run however this module was built. */
const program = (settings: object) => `
  const { folder, options } = ${JSON.stringify(settings)};
  const { writeSync } = require("node:fs");
  const say = (stage) => writeSync(1, stage + "\\n");
  const leave = () => process.kill(process.pid, "SIGKILL"); // some drivers crash while they shut down
  const numbers = { float64: Float64Array, float32: Float32Array };
  const integers = { int8: Int8Array, uint8: Uint8Array, bool: Uint8Array, int16: Int16Array, uint16: Uint16Array, float16: Uint16Array, int32: Int32Array, uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array };
  (async () => {
    const chunks = [];
    for await (const chunk of process.stdin) chunks.push(chunk);
    const model = Buffer.concat(chunks);
    const { InferenceSession, Tensor } = require(folder);
    say("opening");
    const session = await InferenceSession.create(model, options);
    say("running");
    const feeds = Object.create(null);
    for (const { name, isTensor, type, shape } of session.inputMetadata) {
      const Numbers = numbers[type] ?? integers[type];
      if (!isTensor || !Numbers) return say("done");
      const extents = shape.map((extent) => (typeof extent === "number" ? extent : 1));
      const data = new Numbers(extents.reduce((a, b) => a * b, 1));
      if (numbers[type]) data.forEach((_, i) => { data[i] = Math.sin(i + 1); });
      feeds[name] = new Tensor(type, data, extents);
    }
    // An error for generated inputs says nothing about the model.
    await session.run(feeds).catch(() => {});
    say("done");
  })().catch((error) => process.stderr.write("refused: " + String(error.message ?? error).replaceAll("\\n", " ") + "\\n")).then(() => setImmediate(leave));
`;
