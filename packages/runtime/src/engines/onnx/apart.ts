// ONNX Runtime for the threads of users (node:worker_threads). Whoever ends such a thread, or the process around it,
// while it is in native code has the whole process aborted (SIGABRT): onnxruntime-node (1.30) throws where no
// JavaScript can run any more, and no code of the thread's is asked before. So its native code runs in a process of
// its own there, which ends with the thread. What it costs are copies of what goes in and comes out.
import { CajalError } from "@cajal/core";
import type * as ort from "onnxruntime-common";
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { inNode } from "../../device/device";
import { withoutTelemetry } from "./telemetry";

/** Whether this is a thread that somebody else may end, from which a process of Node's can be started. */
export const runsApart = (): boolean =>
  inNode && !process.getBuiltinModule("node:worker_threads").isMainThread && startsNode();

/** Bun and Deno are other programs; an application in one file would start itself; Node's permissions may forbid it. */
const startsNode = (): boolean =>
  process.versions["bun"] === undefined &&
  process.versions["deno"] === undefined &&
  !process.getBuiltinModule("node:sea")?.isSea() &&
  (process.permission?.has("child") ?? true);

/** A tensor on its way. */
type Sent = Pick<Tensor, "type" | "dims" | "data">;
type Sending = Readonly<Record<string, Sent | null>>;

/** What the process is asked, and what it answers. */
interface Answers {
  create: [
    request: { model: Uint8Array; options: InferenceSession.SessionOptions; logLevel: string },
    answer: { number: number } & Pick<InferenceSession, "inputNames" | "outputNames" | "inputMetadata" | "outputMetadata">, // prettier-ignore
  ];
  run: [request: { number: number; feeds: Sending; fetches?: Sending }, answer: Sending];
  release: [request: { number: number }, answer: undefined];
}

type Ask = <K extends keyof Answers>(what: K, request: Answers[K][0]) => Promise<Answers[K][1]>;

let asked: Ask | undefined;

/** @param folder of onnxruntime-node */
export function onnxruntimeApart(
  folder: string,
): Pick<typeof ort, "InferenceSession" | "Tensor" | "env"> {
  const { createRequire } = process.getBuiltinModule("node:module");
  const { Tensor, env }: typeof ort = createRequire(`${folder}/package.json`)("onnxruntime-common");
  const received = (sent: Sending) =>
    Object.fromEntries(Object.entries(sent).map(([name, each]) => [name, each && new Tensor(each.type, each.data as never, each.dims)])) as Record<string, Tensor>; // prettier-ignore
  return {
    Tensor,
    env,
    InferenceSession: {
      async create(model: Uint8Array, options: InferenceSession.SessionOptions = {}) {
        const ask = (asked ??= start(folder, () => (asked = undefined)));
        const logLevel = env.logLevel ?? "fatal";
        const { number, ...about } = await ask("create", { model, options, logLevel });
        return {
          ...about,
          async run(feeds: Record<string, Tensor>, fetches?: Record<string, Tensor | null>) {
            const results = received(
              await ask("run", { number, feeds: sent(feeds), ...(fetches && { fetches: namesOf(fetches) }) }), // prettier-ignore
            );
            for (const [name, own] of Object.entries(fetches ?? {}))
              if (own) (own.data as Float32Array).set(results[name]!.data as Float32Array);
            return { ...results, ...Object.fromEntries(Object.entries(fetches ?? {}).filter(([, own]) => own)) }; // prettier-ignore
          },
          release: () => ask("release", { number }),
        };
      },
    } as unknown as typeof ort.InferenceSession,
  };
}

const sent = (tensors: Readonly<Record<string, Tensor>>): Sending =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { type, dims, data }]) => {
      // What is shared between threads cannot be sent to a process.
      const shared = ArrayBuffer.isView(data) && !(data.buffer instanceof ArrayBuffer);
      return [name, { type, dims, data: shared ? data.slice() : data }];
    }),
  );

const namesOf = (fetches: Readonly<Record<string, unknown>>): Sending =>
  Object.fromEntries(Object.keys(fetches).map((name) => [name, null]));

/** A process that does not keep the thread alive while it has nothing to do. */
function start(folder: string, lose: () => void): Ask {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const child = spawn(process.execPath, ["--eval", program(folder)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
    windowsHide: true,
    env: { ...withoutTelemetry(), ELECTRON_RUN_AS_NODE: "1" }, // there the program is Electron's
  });
  const waiting = new Map<number, { resolve(value: never): void; reject(error: unknown): void }>();
  let count = 0;
  const rest = () => {
    if (waiting.size > 0) return;
    child.unref();
    child.channel?.unref();
  };
  const lost = (why: string) => {
    const error = new CajalError("engine", `engine onnx, in a process of its own, as threads have it: ${why}`, { engine: "onnx" }); // prettier-ignore
    lose();
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    return error;
  };
  child.on("error", ({ message }) => lost(message));
  child.on("exit", (code, signal) => lost(`that process was ended by ${signal ?? `exit code ${code}`}.`)); // prettier-ignore
  child.on("message", ({ id, value, error }: { id: number; value?: never; error?: unknown }) => {
    const caller = waiting.get(id);
    waiting.delete(id);
    rest();
    if (error === undefined) caller?.resolve(value as never);
    else caller?.reject(error);
  });
  rest();
  return (what, request) =>
    new Promise((resolve, reject) => {
      if (!child.connected) return reject(lost("that process has ended."));
      waiting.set(count, { resolve, reject });
      child.ref();
      child.channel?.ref();
      child.send({ id: count++, what, request }, (error) => error && lost(error.message));
    });
}

/** CommonJS text, for it must run however this module was built. */
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
