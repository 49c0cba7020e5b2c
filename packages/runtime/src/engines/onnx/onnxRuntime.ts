// Opens ONNX Runtime sessions on a device; the only module that deals with its session options and tensors.
import { CajalError, type DType, type Tensor, type TypedArrays } from "@cajal/core";
import { encodeModel, encodeModelForMemory, type OnnxModel } from "@cajal/onnx";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { inNode, noDevice, type DeviceName } from "../../device/device";
import { deviceReason } from "../../device/reason";
import { hasWebGpu } from "../../device/webGpu";
import { onnxruntimeNode, onnxruntimeWeb, type Ort } from "./peers";
import { engineError } from "../../session/engineError";
import { doublingGraph } from "./doublingGraph";
import { forProvider } from "./provider";
import { numbersOf } from "./toOrt.js";
import { throughFiles } from "./throughFiles";

export interface OnnxRuntime {
  readonly ort: Ort;
  readonly session: InferenceSession;
}

export interface OnnxRuntimeOptions {
  readonly device: DeviceName;
  /** Threads that one operator may use; default: ONNX Runtime's own, one per core. */
  readonly threads?: number | undefined;
  /** Further session options of ONNX Runtime. */
  readonly session?: InferenceSession.SessionOptions;
}

/**
 * Opens a graph, or the bytes of an ONNX file as they are.
 *
 * @throws CajalError `missing-peer`, `no-device`, `engine`
 */
export async function onnxRuntime(
  model: OnnxModel | Uint8Array,
  { device, threads, session: sessionOverrides }: OnnxRuntimeOptions,
): Promise<OnnxRuntime> {
  const isNative = inNode && device !== "wasm";
  // Asked before the WebGPU build is fetched, which is twice as large.
  if (!inNode && device === "webgpu" && !(await hasWebGpu()))
    throw noDevice("onnx", device, "this browser, or a page that is not secure, offers no WebGPU adapter."); // prettier-ignore
  const ort = await (
    isNative ? onnxruntimeNode() : onnxruntimeWeb(device === "webgpu" ? device : "wasm")
  ).catch((cause: unknown) => {
    throw engineError("onnx", "loading its package", cause);
  });
  // A global setting, to be made before the first session; "warning" is its default.
  if (ort.env.logLevel === "warning") ort.env.logLevel = "fatal";
  const options = {
    ...sessionOptions({ device, ...(isNative && { threads }) }),
    ...sessionOverrides,
  };
  // A global setting, which has no effect after the first session.
  if (threads !== undefined && !isNative) ort.env.wasm.numThreads = threads;
  const runnable = "byteLength" in model ? model : forProvider(model, device);
  try {
    const session =
      isNative && "graph" in runnable
        ? await throughFiles(runnable, (path) => ort.InferenceSession.create(path, options))
        : undefined;
    return { ort, session: session ?? (await create(ort, runnable, options)) };
  } catch (cause) {
    if (device === "cpu" || device === "wasm") throw engineError("onnx", "opening", cause);
    // If not even the minimal graph opens there, the device is at fault, otherwise the graph.
    const defaultOptions = sessionOptions({ device });
    const failure = await create(ort, encodeModel(doublingGraph()), defaultOptions).then(
      (session) => session.release(),
      (error: unknown) => noDevice("onnx", device, deviceReason(device, messageOf(error)), error),
    );
    throw failure ?? engineError("onnx", `opening on ${device}`, cause);
  }
}

/** A session's options on a device. */
export const sessionOptions = ({
  device,
  threads,
}: Pick<OnnxRuntimeOptions, "device" | "threads">): InferenceSession.SessionOptions => ({
  executionProviders: [device],
  // A planned layout of memory is kept beside the arena of the first run, for each shape: a third more in all
  // (a training step of ResNet50, batch 8: 2.4 GB for 1.6), and no faster.
  enableMemPattern: false,
  logSeverityLevel: 4, // errors are thrown, and need not be printed as well
  // Threads that wait busily for the next run take the processor from other sessions, and from JavaScript: two models
  // that train in turns take twice as long.
  ...(inNode && device !== "wasm" && { extra: { session: { force_spinning_stop: "1" } } }),
  ...(threads !== undefined && { intraOpNumThreads: threads }),
});

function create(
  ort: Ort,
  model: OnnxModel | Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  if ("byteLength" in model) return ort.InferenceSession.create(model, options);
  // Weights are passed beside the file's bytes, which would contain a second copy of them.
  const { model: bytes, externalData } = encodeModelForMemory(model);
  return ort.InferenceSession.create(bytes, {
    ...options,
    externalData: [...externalData, ...(options.externalData ?? [])],
  });
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** ONNX Runtime's tensor, on the CPU, as ours; both on the same memory. */
export function fromOrt(ortTensor: OrtTensor, name: string): Tensor {
  const { type, dims } = ortTensor;
  if (type === "string" || type === "int4" || type === "uint4")
    throw new CajalError(
      "unsupported",
      `"${name}": it is of type ${type}, which a tensor cannot hold.`,
      {
        name,
        type,
      },
    );
  return { dtype: type, shape: [...dims], data: numbersOf(ortTensor) as TypedArrays[DType] };
}
