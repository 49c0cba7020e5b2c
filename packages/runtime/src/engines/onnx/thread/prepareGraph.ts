// A graph as the host of a thread runs it.
import { encodeModel, encodeModelForMemory, GraphBuilder, type OnnxModel, type ValueInfo } from "@cajal/onnx"; // prettier-ignore
import type { DeviceName } from "../../../device/device";
import { forProvider, keepsOnDevice } from "../provider";
import { fillsOutputs } from "./outputArrays";
import { sequenceOutput, stopsAtSequences, withSequenceOutput } from "./sequenceOutput";

/** A graph whose shapes are all known, as a host takes it, and the options of its session. */
export async function prepareGraph(
  model: OnnxModel,
  storedOutputs: readonly string[],
  device: DeviceName,
) {
  const { inputs, outputs } = model.graph;
  const shapes = shapesOf(inputs);
  const prepared = forProvider(model, device);
  const prelude: Uint8Array | undefined = undefined;
  const graph = { prepared, prelude, session: {}, shapes, writesInPlace: false };
  if (keepsOnDevice(device)) {
    const preferredOutputLocation = Object.fromEntries(
      namesOf(outputs).map(
        (name) => [name, storedOutputs.includes(name) ? "gpu-buffer" : "cpu"] as const,
      ),
    );
    return { ...graph, session: { preferredOutputLocation }, copy: copyGraph() };
  }
  const writesInPlace = await fillsOutputs(device);
  const hasFixedOutputs = outputs.every(({ dtype, shape }) => dtype === "float32" && shape?.every(Number.isInteger)); // prettier-ignore
  const hasSequences = (model.opsets[""] ?? 1) >= 11;
  if (!hasFixedOutputs || !hasSequences || !(await stopsAtSequences(device)))
    return { ...graph, writesInPlace };
  return {
    ...graph,
    prelude: sequenceOutput,
    writesInPlace,
    outputShapes: shapesOf(outputs),
  };
}

/** A graph as bytes, and its weights beside them. */
export function inMemory(model: OnnxModel, prelude: Uint8Array | undefined) {
  const { model: bytes, externalData } = encodeModelForMemory(model);
  return { bytes: prelude ? withSequenceOutput(bytes) : bytes, externalData };
}

let copy: Uint8Array | undefined;

/** A graph that gives what it takes, on whichever side of the bus either is; made when a device first needs it. */
function copyGraph(): Uint8Array {
  if (copy) return copy;
  const g = new GraphBuilder({ name: "copy" });
  g.output(g.identity(g.input("x", "float32", undefined)), "y");
  return (copy = encodeModel(g.build()));
}

export const namesOf = (values: readonly ValueInfo[]): string[] => values.map(({ name }) => name);

const shapesOf = (values: readonly ValueInfo[]): Record<string, number[]> =>
  Object.fromEntries(values.map(({ name, shape = [] }) => [name, shape.map(Number)]));
