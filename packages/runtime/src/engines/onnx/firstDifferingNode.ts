// Finds the node that a device computes wrongly, by comparing all values of a graph with the CPU's.
import type { Tensor } from "@cajal/core";
import { inferShapes, type OnnxModel } from "@cajal/onnx";
import { differenceBeyond } from "./tolerance";

/** Runs a graph; returns its outputs by name. */
export type Run = (
  model: OnnxModel,
  feeds: Readonly<Record<string, Tensor>>,
) => Promise<Readonly<Record<string, Tensor>>>;

/**
 * The first node in graph order whose output differs on the device, as `"conv2" (Conv)`; undefined where none
 * differs, or where the graph cannot be run with all its values as outputs.
 */
export async function firstDifferingNode(
  model: OnnxModel,
  feeds: Readonly<Record<string, Tensor>>,
  { onCpu, onDevice }: { readonly onCpu: Run; readonly onDevice: Run },
): Promise<string | undefined> {
  try {
    const modelWithOutputs = withAllOutputs(model);
    const expected = await onCpu(modelWithOutputs, feeds);
    const got = await onDevice(modelWithOutputs, feeds);
    const node = model.graph.nodes.find(({ outputs }) =>
      outputs.some((name) => {
        const [cpuValue, deviceValue] = [expected[name], got[name]];
        return cpuValue && deviceValue && differenceBeyond(deviceValue, cpuValue) !== undefined;
      }),
    );
    return node && `"${node.name || node.outputs[0]}" (${node.op})`;
  } catch {
    return undefined;
  }
}

/** The model with every float32 value of its nodes as an output. */
function withAllOutputs(model: OnnxModel): OnnxModel {
  const { graph } = model;
  const values = inferShapes(model);
  const outputs = new Map(graph.outputs.map((output) => [output.name, output]));
  for (const name of graph.nodes.flatMap((node) => node.outputs)) {
    const value = values.get(name);
    if (value?.dtype === "float32") outputs.set(name, value);
  }
  return { ...model, graph: { ...graph, outputs: [...outputs.values()] } };
}

/** Text for messages: the node, and what may be at fault. */
export const faultText = (node: string | undefined): string =>
  `${node === undefined ? "" : `The first node that differs is ${node}. `}The device's driver or ONNX Runtime is at fault: update them, or use another device.`;
