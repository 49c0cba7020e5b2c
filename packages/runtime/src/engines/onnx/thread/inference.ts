// A graph that infers: on the caller's thread, or on one of its own, while the caller's prepares the next batch.
import { CajalError, type Tensor } from "@cajal/core";
import type { OnnxModel } from "@cajal/onnx";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import type { DeviceName } from "../../../device/device";
import type { OpenRequest } from "../../engine";
import type { EngineRunOptions } from "../../../session/session";
import { oneByOne } from "../../../oneByOne";
import { fromOrt, type OnnxRuntime } from "../onnxRuntime";
import { toOrt } from "../toOrt.js";
import { keepsOnDevice } from "../provider";
import { hasWorkerThread, workerThread, type GraphThreadOptions } from "./graphThread";

/** A graph in ONNX Runtime, on whichever thread. */
export interface Graph extends Pick<InferenceSession, "inputMetadata" | "outputMetadata"> {
  run(
    feeds: Readonly<Record<string, Tensor>>,
    options?: EngineRunOptions,
  ): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

/** One run after the other: providers of GPUs fail at two at once, and others gain nothing. */
export function callersThread({ ort, session }: OnnxRuntime): Graph {
  const inTurn = oneByOne();
  return {
    inputMetadata: session.inputMetadata,
    outputMetadata: session.outputMetadata,
    run(feeds) {
      const fed = Object.entries(feeds).map(([name, x]) => [name, toOrt(ort, x)] as const);
      return inTurn(() => session.run(Object.fromEntries(fed))).then(
        (results) =>
        Object.fromEntries(session.outputNames.map((name) => [name, fromOrt(results[name]!, name)])), // prettier-ignore
      );
    },
    release: () => session.release(),
  };
}

/** @throws CajalError `unsupported` where a thread is asked for that cannot be */
export function onThread(device: DeviceName, worker: OpenRequest["worker"]): boolean {
  if (worker !== true)
    return worker === "auto" && !keepsOnDevice(device) && hasWorkerThread(device);
  if (!keepsOnDevice(device)) return true;
  throw new CajalError("unsupported", `worker: device ${device} runs on the caller's thread. Leave the option out.`, { device }); // prettier-ignore
}

/** Threads that wait for each other sleep: the core is the caller's, whose thread prepares the next batch. */
const sleeping = { extra: { session: { intra_op: { allow_spinning: "0" } } } };

export async function ownThread(model: OnnxModel, options: GraphThreadOptions): Promise<Graph> {
  const thread = workerThread({ ...options, purpose: "running", session: sleeping });
  try {
    const { inputMetadata, outputMetadata, run, release } = await thread.open(model);
    return {
      inputMetadata,
      outputMetadata,
      async run(feeds, options) {
        const results = Object.entries(await run({ feeds, reads: {}, writes: {} }, options));
        return Object.fromEntries(results.map(([name, { dtype, shape, data }]) => [name, fromOrt({ type: dtype, dims: shape, data } as OrtTensor, name)])); // prettier-ignore
      },
      async release() {
        await release();
        await thread.end();
      },
    };
  } catch (error) {
    await thread.end();
    throw error;
  }
}
