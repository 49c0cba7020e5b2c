// A graph opened on ONNX Runtime.
import { CajalError, isCajalError, type DType, type Tensor } from "@cajal/core";
import { decodeModel, timeFirst, type OnnxModel, type ValueInfo } from "@cajal/onnx";
import type { InferenceSession } from "onnxruntime-common";
import { inNode, isGpu, noDevice, type DeviceName } from "../../device/device";
import { candidates, type OpenRequest } from "../engine";
import { onnxDevices } from "./devices";
import { emptyTensors, type EmptyTensors } from "./emptyTensors";
import { onnxRuntime } from "./onnxRuntime";
import { openApart } from "./isolate";
import { kernelsApart, type KernelsApart } from "./kernelsApart";
import type { OpenedModel } from "../../session/session";
import { rewrites } from "./provider";
import { callersThread, onThread, ownThread, type Graph } from "./thread/inference";
import { verify } from "./verify";

/** In what ONNX Runtime says of a recurrent node with the batch first. */
const lacksLayout = "layout == 1";

/** @throws CajalError `missing-peer`, `no-device`, `engine` */
export async function openOnOnnx(
  source: OnnxModel | Uint8Array,
  request: OpenRequest,
): Promise<OpenedModel> {
  const {
    device: choice,
    threads,
    shareKernels,
    verify: checked,
    isolate,
    worker,
    signal,
  } = request;
  const devices = candidates(onnxDevices, choice);
  const empty = emptyTensors(source);
  const model = "graph" in empty.model ? withoutProto(timeFirst(empty.model)) : empty.model;
  const failures: Error[] = [];
  for (const device of devices) {
    try {
      if (isolate) await openApart(model, { device, threads, signal });
      if (onThread(device, worker)) {
        if (shareKernels) throw new CajalError("bad-argument", "open: shareKernels and worker: a thread of its own cannot read the memory of weights that are the caller's. Give one of the two."); // prettier-ignore
        const graph = await ownThread("graph" in model ? model : decodeModel(model), { device, threads }); // prettier-ignore
        const opened = opensOn(graph, { device, empty });
        if (checked && isGpu(device)) await verify(opened, "graph" in model ? model : decodeModel(model)); // prettier-ignore
        return opened;
      }
      const shares = shareKernels && inNode && device === "cpu" && "graph" in model;
      const { model: rest, kernels } = shares
        ? kernelsApart(model)
        : { model: rewrites(device) && "byteLength" in model ? decodeModel(model) : model };
      const graph = callersThread(await onnxRuntime(rest, { device, threads }));
      const opened = opensOn(graph, { device, empty, kernels });
      if (checked && isGpu(device)) await verify(opened, model);
      return opened;
    } catch (error) {
      // The bytes of a file are read only where that is needed.
      if (!("graph" in source) && error instanceof Error && error.message.includes(lacksLayout))
        return openOnOnnx(timeFirst(decodeModel(source)), request);
      // Several candidates: the next may serve.
      if (devices.length === 1 || !(error instanceof Error)) throw error;
      if (!isCajalError(error, "no-device") && !isCajalError(error, "missing-peer")) throw error;
      failures.push(error);
    }
  }
  throw noDevice("onnx", choice, failures.map(({ message }) => message).join(" "), failures[0]);
}

function opensOn(
  graph: Graph,
  {
    device,
    empty,
    kernels: apart = new Map<string, Tensor>(),
  }: {
    readonly device: DeviceName;
    readonly empty: EmptyTensors;
    readonly kernels?: KernelsApart["kernels"] | undefined;
  },
): OpenedModel {
  async function run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const answer = empty.answer(feeds);
    if (answer) return answer;
    const results = await graph
      .run(Object.fromEntries([...Object.entries(feeds), ...apart]))
      .catch((error: unknown) => {
        throw empty.explain(error) ?? error;
      });
    return Object.fromEntries(Object.entries(results).map(([name, x]) => [ownName(name), x]));
  }
  return {
    engine: "onnx",
    device,
    inputs: graph.inputMetadata.filter(({ name }) => !apart.has(name)).map(valueInfo),
    outputs: graph.outputMetadata
      .map(valueInfo)
      .map((info) => ({ ...info, name: ownName(info.name) })),
    run,
    free: () => {
      apart = new Map(); // a session that is disposed keeps no one's memory
      return graph.release();
    },
  };
}

const proto = "__proto__";
const alias = `output ${proto}`;
const ownName = (name: string) => (name === alias ? proto : name);

/** ONNX Runtime asks for outputs by an object's keys, of which "__proto__" is none: it gives that one under another name. */
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
  // A free extent without a name is "" there.
  return {
    name,
    dtype: type as DType,
    shape: shape.map((extent) => (extent === "" ? undefined : extent)),
  };
}
