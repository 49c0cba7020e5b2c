// Which operator a device computes wrongly: all values of a graph, there and on the CPU.
import type { Tensor } from "@cajal/core";
import { inferShapes, type OnnxModel } from "@cajal/onnx";
import { differenceBeyond } from "./tolerance";

/** Runs a graph; gives its outputs by name. */
export type Run = (
  model: OnnxModel,
  feeds: Readonly<Record<string, Tensor>>,
) => Promise<Readonly<Record<string, Tensor>>>;

/**
 * The first node, in the order of the graph, that gives other numbers on a device, as `"conv2" (Conv)`; undefined
 * where none does, or where the graph does not run with all its values as outputs.
 */
export async function firstWrong(
  model: OnnxModel,
  feeds: Readonly<Record<string, Tensor>>,
  { onCpu, onDevice }: { readonly onCpu: Run; readonly onDevice: Run },
): Promise<string | undefined> {
  try {
    const watched = withAllOutputs(model);
    const expected = await onCpu(watched, feeds);
    const got = await onDevice(watched, feeds);
    const wrong = model.graph.nodes.find(({ outputs }) =>
      outputs.some((name) => {
        const [right, other] = [expected[name], got[name]];
        return right && other && differenceBeyond(other, right) !== undefined;
      }),
    );
    return wrong && `"${wrong.name || wrong.outputs[0]}" (${wrong.op})`;
  } catch {
    return undefined;
  }
}

/** The model, every float32 value that a node gives an output. */
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

/** What to say of it, and whose fault it may be. */
export const blame = (node: string | undefined): string =>
  `${node === undefined ? "" : `The first node that differs is ${node}. `}The device's driver or ONNX Runtime is at fault: update them, or use another device.`;
