// A graph opened on ONNX Runtime.
import { CajalError, isCajalError, type DType, type Tensor } from "@cajal/core";
import {
  decodeModel,
  explicitPads,
  sampledEarly,
  statedOrders,
  timeFirst,
  type OnnxModel,
  type ValueInfo,
} from "@cajal/onnx";
import type { InferenceSession } from "onnxruntime-common";
import { inNode, isGpu, noDevice, type DeviceName } from "../../device/device";
import { candidates, type OpenRequest } from "../engine";
import { onnxDevices } from "./devices";
import { containsString } from "./containsString";
import { dequantized } from "./dequantized";
import { emptyTensors, type EmptyTensors } from "./emptyTensors";
import { onnxRuntime } from "./onnxRuntime";
import { tryInChildProcess } from "./isolate";
import { kernelsAsInputs, type KernelsAsInputs } from "./kernelsAsInputs";
import type { EngineRunOptions, OpenedModel } from "../../session/session";
import { rewrites } from "./provider";
import { callersThread, onThread, ownThread, type Graph } from "./thread/inference";
import { verify } from "./verify";

/** Part of ONNX Runtime's error for a recurrent node with the batch first. */
const layoutError = "layout == 1";

/**
 * Of its error for a file that says a newer format version, as those of the newest ONNX package do. Versions add types of
 * numbers alone: what has none of them is the same in the older one.
 */
const newestIr = /max supported IR version: (\d+)/;

/** @throws CajalError `missing-peer`, `no-device`, `engine` */
export async function openOnOnnx(
  source: OnnxModel | Uint8Array,
  request: OpenRequest,
): Promise<OpenedModel> {
  const {
    device: choice,
    threads,
    shareKernels,
    verify: shouldVerify,
    isolate,
    worker,
    signal,
  } = request;
  const devices = candidates(onnxDevices, choice);
  const guard = emptyTensors(source);
  const model = "graph" in guard.model ? withoutProto(rewritten(guard.model)) : openable(guard.model); // prettier-ignore
  const failures: Error[] = [];
  for (const device of devices) {
    try {
      if (isolate) await tryInChildProcess(model, { device, threads, signal });
      if (onThread(device, worker)) {
        if (shareKernels) throw new CajalError("bad-argument", "open: shareKernels and worker: a thread of its own cannot read the memory of weights that are the caller's. Give one of the two."); // prettier-ignore
        const threadModel = "graph" in model ? model : decodeModel(model);
        const opened = openedModel(await ownThread(threadModel, { device, threads }), {
          device,
          guard,
        });
        if (shouldVerify && isGpu(device)) await verify(opened, threadModel);
        return opened;
      }
      const sharesKernels = shareKernels && inNode && device === "cpu" && "graph" in model;
      const { model: deviceModel, kernels } = sharesKernels
        ? kernelsAsInputs(model)
        : { model: rewrites(device) && "byteLength" in model ? decodeModel(model) : model };
      const graph = callersThread(await onnxRuntime(deviceModel, { device, threads }));
      const opened = openedModel(graph, { device, guard, kernels });
      if (shouldVerify && isGpu(device)) await verify(opened, model);
      return opened;
    } catch (error) {
      // A file is decoded only where that is needed.
      if (!("graph" in source) && error instanceof Error && error.message.includes(layoutError))
        return openOnOnnx(timeFirst(decodeModel(source)), request);
      const irVersion = error instanceof Error && Number(newestIr.exec(error.message)?.[1]);
      if (irVersion) {
        const decoded = "graph" in source ? source : decodeModel(source);
        if (decoded.irVersion > irVersion) return openOnOnnx({ ...decoded, irVersion }, request);
      }
      // Of several candidates the next may work.
      if (devices.length === 1 || !(error instanceof Error)) throw error;
      if (!isCajalError(error, "no-device") && !isCajalError(error, "missing-peer")) throw error;
      failures.push(error);
    }
  }
  throw noDevice("onnx", choice, failures.map(({ message }) => message).join(" "), failures[0]);
}

function openedModel(
  graph: Graph,
  {
    device,
    guard,
    kernels: kernelTensors = new Map<string, Tensor>(),
  }: {
    readonly device: DeviceName;
    readonly guard: EmptyTensors;
    readonly kernels?: KernelsAsInputs["kernels"] | undefined;
  },
): OpenedModel {
  async function run(
    feeds: Readonly<Record<string, Tensor>>,
    options?: EngineRunOptions,
  ): Promise<Record<string, Tensor>> {
    const answer = guard.emptyResult(feeds);
    if (answer) return answer;
    const results = await graph
      .run(Object.fromEntries([...Object.entries(feeds), ...kernelTensors]), options)
      .catch((error: unknown) => {
        throw guard.explain(error) ?? error;
      });
    return Object.fromEntries(Object.entries(results).map(([name, x]) => [publicName(name), x]));
  }
  return {
    engine: "onnx",
    device,
    inputs: graph.inputMetadata.filter(({ name }) => !kernelTensors.has(name)).map(valueInfo),
    outputs: graph.outputMetadata
      .map(valueInfo)
      .map((info) => ({ ...info, name: publicName(info.name) })),
    run,
    free: () => {
      kernelTensors = new Map(); // a session that is disposed keeps no one's memory
      return graph.release();
    },
  };
}

/** What ONNX Runtime has no kernels for, computes wrongly or over and over, as what it computes well. */
const rewritten = (model: OnnxModel) =>
  sampledEarly(statedOrders(dequantized(explicitPads(timeFirst(model)))));

/** What of it no file may be opened without; a file is decoded only where it has such paddings, or such a Transpose. */
function openable(bytes: Uint8Array): OnnxModel | Uint8Array {
  const isPadded = containsString(bytes, ["SAME_UPPER", "SAME_LOWER"]);
  const isTransposed = () =>
    ["DequantizeLinear", "Transpose"].every((op) => containsString(bytes, [op]));
  if (!isPadded && !isTransposed()) return bytes;
  const model = decodeModel(bytes);
  const changed = statedOrders(explicitPads(model));
  return changed === model ? bytes : changed;
}

const proto = "__proto__";
const alias = `output ${proto}`;
const publicName = (name: string) => (name === alias ? proto : name);

/** ONNX Runtime returns outputs as object keys, and "__proto__" is not an ordinary one: such an output is renamed. */
function withoutProto(model: OnnxModel): OnnxModel {
  const { graph } = model;
  if (!graph.outputs.some(({ name }) => name === proto)) return model;
  const copy = { op: "Identity", domain: "", name: "", inputs: [proto], outputs: [alias] };
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [...graph.nodes, { ...copy, attributes: {} }],
      outputs: graph.outputs.map((each) => (each.name === proto ? { ...each, name: alias } : each)),
    },
  };
}

function valueInfo(metadata: InferenceSession.ValueMetadata): ValueInfo {
  if (!metadata.isTensor) return { name: metadata.name, dtype: "float32", shape: undefined };
  const { name, type, shape } = metadata;
  // ONNX Runtime reports an unnamed free extent as "", in WebAssembly as −1 read without its sign.
  const isFree = (extent: number | string) => extent === "" || extent === 2 ** 32 - 1;
  return {
    name,
    dtype: type as DType,
    shape: shape.map((extent) => (isFree(extent) ? undefined : extent)),
  };
}
