// Opens and tries a model in a process of its own first. ONNX Runtime aborts at some models, by an
// assertion or a fault of a kernel's, and takes the process with it that opens them: here it is another
// one, and what happened to that is an error.
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
  /** Milliseconds after which the trial has failed. */
  readonly timeout?: number;
}

/** How far the other process has come: what it writes, a line each. */
type Stage = "loading" | "opening" | "running" | "done";

/**
 * Opens the model in another process and runs it once there, on random numbers, free extents being 1.
 *
 * @throws CajalError `engine` where the model does not open, or the process ends otherwise than by
 *   itself: `facts` has the `stage`, and the `signal` or `exitCode`; `unsupported` outside of Node
 */
export async function openApart(
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
  if (folder === undefined) return; // to open it will say what is to be installed
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
  // It may end before it has read everything.
  child.stdin.on("error", () => {});
  child.stdin.end("graph" in model ? encodeModel(model) : model);
  let [answers, said] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (answers += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (said += text));
  const began = Date.now();
  const { exitCode, by } = await new Promise<{ exitCode: number | null; by: string | null }>(
    (resolve, reject) => {
      child.on("error", () => (signal?.aborted ? reject(signal.reason) : undefined));
      child.on("close", (exitCode, by) => resolve({ exitCode, by }));
    },
  );
  signal?.throwIfAborted();
  const stage = (answers.trim().split("\n").at(-1) || "loading") as Stage;
  if (stage === "done") return;
  const refused = /^refused: (.*)$/m.exec(said)?.[1];
  const facts = { engine: "onnx", device, stage, exitCode, signal: by };
  if (refused !== undefined)
    throw new CajalError("engine", `engine onnx, ${stage} in a process of its own: ${refused}`, facts); // prettier-ignore
  const end =
    by === "SIGKILL" && Date.now() - began >= timeout
      ? `gave no answer within ${timeout / 1000} seconds`
      : `was ended by ${by ?? `exit code ${exitCode}`}`;
  throw new CajalError(
    "engine",
    `engine onnx, ${stage} in a process of its own: that process ${end}. ${lastLine(said)} This model would have ended your process as well: it is damaged, or meets a fault of ONNX Runtime's.`,
    facts,
  );
}

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

/** CommonJS text, for it must run however this module was built. */
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
    // What it refuses of made-up numbers says nothing of the model.
    await session.run(feeds).catch(() => {});
    say("done");
  })().catch((error) => process.stderr.write("refused: " + String(error.message ?? error).replaceAll("\\n", " ") + "\\n")).then(() => setImmediate(leave));
`;
