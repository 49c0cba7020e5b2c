// ONNX Runtime in a child process, for worker threads of users (node:worker_threads). Terminating such a thread, or
// exiting the process, while the thread is in native code aborts the whole process (SIGABRT): onnxruntime-node (1.30)
// throws where no JavaScript can run any more, and the thread cannot prevent it. In such threads its native code
// therefore runs in a child process, which ends with the thread, at the cost of copying inputs and outputs.
import { CajalError } from "@cajal/core";
import type * as ort from "onnxruntime-common";
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { inNode } from "../../device/device";
import { withoutTelemetry } from "./telemetry";

/** Whether this is a worker thread that others may terminate, from which a Node process can be started. */
export const needsChildProcess = (): boolean =>
  inNode && !process.getBuiltinModule("node:worker_threads").isMainThread && startsNode();

/** Bun and Deno are other programs; a single executable application would start itself; Node's permissions may forbid it. */
const startsNode = (): boolean =>
  process.versions["bun"] === undefined &&
  process.versions["deno"] === undefined &&
  !process.getBuiltinModule("node:sea")?.isSea() &&
  (process.permission?.has("child") ?? true);

/** A tensor as plain data, to be sent between processes. */
type PlainTensor = Pick<Tensor, "type" | "dims" | "data">;
type PlainTensors = Readonly<Record<string, PlainTensor | null>>;

/** The requests that the process takes, and its answers. */
interface Requests {
  create: [
    request: {
      model: Uint8Array | string;
      options: InferenceSession.SessionOptions;
      logLevel: string;
    },
    answer: { number: number } & Pick<InferenceSession, "inputNames" | "outputNames" | "inputMetadata" | "outputMetadata">, // prettier-ignore
  ];
  run: [
    request: { number: number; feeds: PlainTensors; fetches?: PlainTensors },
    answer: PlainTensors,
  ];
  release: [request: { number: number }, answer: undefined];
}

type Ask = <K extends keyof Requests>(what: K, request: Requests[K][0]) => Promise<Requests[K][1]>;

let childProcess: Ask | undefined;

/** @param folder of onnxruntime-node */
export function onnxruntimeInChildProcess(
  folder: string,
): Pick<typeof ort, "InferenceSession" | "Tensor" | "env"> {
  const { createRequire } = process.getBuiltinModule("node:module");
  const { Tensor, env }: typeof ort = createRequire(`${folder}/package.json`)("onnxruntime-common");
  const fromPlain = (plain: PlainTensors) =>
    Object.fromEntries(Object.entries(plain).map(([name, each]) => [name, each && new Tensor(each.type, each.data as never, each.dims)])) as Record<string, Tensor>; // prettier-ignore
  return {
    Tensor,
    env,
    InferenceSession: {
      async create(model: Uint8Array | string, options: InferenceSession.SessionOptions = {}) {
        const ask = (childProcess ??= start(folder, () => (childProcess = undefined)));
        const logLevel = env.logLevel ?? "fatal";
        const { number, ...metadata } = await ask("create", { model, options, logLevel });
        return {
          ...metadata,
          async run(feeds: Record<string, Tensor>, fetches?: Record<string, Tensor | null>) {
            const results = fromPlain(
              await ask("run", { number, feeds: toPlain(feeds), ...(fetches && { fetches: namesOf(fetches) }) }), // prettier-ignore
            );
            for (const [name, target] of Object.entries(fetches ?? {}))
              if (target) (target.data as Float32Array).set(results[name]!.data as Float32Array);
            return { ...results, ...Object.fromEntries(Object.entries(fetches ?? {}).filter(([, target]) => target)) }; // prettier-ignore
          },
          release: () => ask("release", { number }),
        };
      },
    } as unknown as typeof ort.InferenceSession,
  };
}

const toPlain = (tensors: Readonly<Record<string, Tensor>>): PlainTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { type, dims, data }]) => {
      // Shared memory cannot be sent to another process.
      const isShared = ArrayBuffer.isView(data) && !(data.buffer instanceof ArrayBuffer);
      return [name, { type, dims, data: isShared ? data.slice() : data }];
    }),
  );

const namesOf = (fetches: Readonly<Record<string, unknown>>): PlainTensors =>
  Object.fromEntries(Object.keys(fetches).map((name) => [name, null]));

/** Starts the process, which does not keep the thread alive while no request is pending. */
function start(folder: string, onExit: () => void): Ask {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const child = spawn(process.execPath, ["--eval", program(folder)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
    windowsHide: true,
    env: { ...withoutTelemetry(), ELECTRON_RUN_AS_NODE: "1" }, // there the program is Electron's
  });
  const pending = new Map<number, { resolve(value: never): void; reject(error: unknown): void }>();
  let count = 0;
  const unrefWhenIdle = () => {
    if (pending.size > 0) return;
    child.unref();
    child.channel?.unref();
  };
  const failAll = (reason: string) => {
    const error = new CajalError("engine", `engine onnx, in a process of its own, as threads have it: ${reason}`, { engine: "onnx" }); // prettier-ignore
    onExit();
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
    return error;
  };
  child.on("error", ({ message }) => failAll(message));
  child.on("exit", (code, signal) => failAll(`that process was ended by ${signal ?? `exit code ${code}`}.`)); // prettier-ignore
  child.on("message", ({ id, value, error }: { id: number; value?: never; error?: unknown }) => {
    const caller = pending.get(id);
    pending.delete(id);
    unrefWhenIdle();
    if (error === undefined) caller?.resolve(value as never);
    else caller?.reject(error);
  });
  unrefWhenIdle();
  return (what, request) =>
    new Promise((resolve, reject) => {
      if (!child.connected) return reject(failAll("that process has ended."));
      pending.set(count, { resolve, reject });
      child.ref();
      child.channel?.ref();
      child.send({ id: count++, what, request }, (error) => error && failAll(error.message));
    });
}

/** CommonJS text, because it must run however this module was built. */
const program = (folder: string) => `
  const { InferenceSession, Tensor, env } = require(${JSON.stringify(folder)});
  const sessions = [];
  const mapped = (record, change) => Object.fromEntries(Object.entries(record).map(([name, each]) => [name, each && change(each)]));
  const answers = {
    async create({ model, options, logLevel }) {
      env.logLevel = logLevel;
      const session = await InferenceSession.create(model, options);
      const { inputNames, outputNames, inputMetadata, outputMetadata } = session;
      return { number: sessions.push(session) - 1, inputNames, outputNames, inputMetadata, outputMetadata };
    },
    async run({ number, feeds, fetches }) {
      const inputs = mapped(feeds, ({ type, dims, data }) => new Tensor(type, data, dims));
      const results = await (fetches ? sessions[number].run(inputs, fetches) : sessions[number].run(inputs));
      return mapped(results, ({ type, dims, data }) => ({ type, dims, data }));
    },
    async release({ number }) {
      await sessions[number].release();
      delete sessions[number];
    },
  };
  process.on("message", async ({ id, what, request }) => {
    const answer = await answers[what](request).then((value) => ({ value }), (error) => ({ error }));
    if (process.connected) process.send({ id, ...answer }, () => {}); // who asked may be gone
  });
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL")); // some drivers crash while they shut down
`;
