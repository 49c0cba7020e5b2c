// Activations behind normalizations, computed again where gradients need them. What a normalization takes is kept for its
// own gradient anyway; what it gives, and the activation of that, cost one pass over the data each, and half the memory
// of a network of convolutions (Bulò, Porzi & Kontschieder 2018, arXiv:1712.02616, figure 2b; Chen et al. 2016,
// arXiv:1604.06174).
import { sizeOf } from "@cajal/core";
import { isStatic } from "../../model/dims";
import type { Node } from "../../model/model";
import type { GraphBuilder, Value } from "../../graph/builder";

/** Activations that cost no more than reading what they give. */
const cheap: ReadonlySet<string> = new Set(["Relu", "LeakyRelu", "Clip", "HardSigmoid"]);

/**
 * Multiplications for each element from which it is worth it: for fewer, as those of a depthwise convolution or of a 1 × 1
 * convolution to few channels, the passes over the data count. A step of DenseNet201 takes 9 % longer with them.
 */
const leastMultiplications = 200;

/** A value of the forward pass that the gradient of `reader` reads, or its equal computed again once `dy` is known. */
export type ForwardValue = (name: string, reader: Node, dy: Value | undefined) => Value;

/**
 * @param wantedInputs the nodes that gradients go through, each with the inputs whose gradients are wanted
 * @param consumers the nodes that use a value
 */
export function computedAgain(
  g: GraphBuilder,
  wantedInputs: ReadonlyMap<Node, readonly number[]>,
  consumers: (name: string) => readonly Node[],
): ForwardValue {
  const producers = new Map<string, Node>();
  for (const node of wantedInputs.keys())
    if (node.domain === "" && (isNormalization(node) || cheap.has(node.op)))
      producers.set(node.outputs[0]!, node);
  const again = new Map<string, Value>();

  function compute(name: string, dy: Value): Value | undefined {
    const known = again.get(name);
    if (known) return known;
    const node = producers.get(name);
    if (!node) return undefined;
    const value = isNormalization(node) ? normalized(g, node, dy) : activated(node, dy);
    if (value) again.set(name, value);
    return value;
  }

  function activated(node: Node, dy: Value): Value | undefined {
    const [input, ...others] = node.inputs;
    const x = compute(input!, dy);
    if (!x) return undefined;
    const name = g.freshName(`${node.name}/again`);
    return g.append({ ...node, name, inputs: [x.name, ...others], outputs: [name] })[0]!;
  }

  /** Of each element, in the convolutions that read it, or its activation, and read it again for their kernels' gradients. */
  function multiplications(name: string): number {
    const counts = consumers(name).map((node) => {
      if (cheap.has(node.op)) return multiplications(node.outputs[0]!);
      return wantedInputs.get(node)?.includes(1) ? multiplicationsOf(g, node) : 0;
    });
    return counts.reduce((a, b) => a + b, 0);
  }

  return (name, reader, dy) => {
    const shape = dy?.shape;
    const canWait = isStatic(shape) && sizeOf(shape) > 0;
    const isWorthIt = producers.has(name) && multiplications(name) >= leastMultiplications;
    return (
      (toleratesRounding(reader) && canWait && isWorthIt && compute(name, dy!)) || g.value(name)
    );
  };
}

/**
 * Whether a gradient may read what differs by rounding. One that looks for the maximum among what it was taken from, as a
 * pool's, would not find it.
 */
const toleratesRounding = ({ op, domain }: Node): boolean =>
  domain === "" && (op === "Conv" || op === "BatchNormalization" || cheap.has(op));

/** Of each element that a convolution reads. */
function multiplicationsOf(g: GraphBuilder, { op, domain, inputs, attributes }: Node): number {
  if (op !== "Conv" || domain !== "") return 0;
  const [outputs, , ...window] = g.value(inputs[1]!).shape ?? [];
  const strides = (attributes["strides"]?.value ?? []) as readonly number[];
  const group = Number(attributes["group"]?.value ?? 1);
  const positions = window.reduce<number>((product, extent, i) => product * (Number(extent) / (strides[i] ?? 1)), 1); // prettier-ignore
  return (Number(outputs) / group) * positions;
}

/** Of images, by the statistics of the batch, which it gives beside. */
const isNormalization = ({ op, attributes, outputs }: Node): boolean =>
  op === "BatchNormalization" &&
  attributes["training_mode"]?.value === 1 &&
  attributes["momentum"]?.value === 0 &&
  outputs.length === 3;

/** The same numbers but for rounding, by the statistics that the node gave. */
function normalized(g: GraphBuilder, node: Node, dy: Value): Value | undefined {
  const [x, scale, bias] = node.inputs.slice(0, 3).map((name) => g.value(name));
  if (x!.shape === undefined || x!.shape.length < 3) return undefined;
  const epsilon = node.attributes["epsilon"]?.value as number | undefined;
  const [mean, variance] = [g.outputOf(node, 1), g.outputOf(node, 2)];
  return g.batchNormalization(x!, after(g, scale!, dy), bias!, mean, variance, epsilon === undefined ? {} : { epsilon }); // prettier-ignore
}

/** A value that is not known before `dy`, or an engine would find the node that it has computed already. */
function after(g: GraphBuilder, value: Value, dy: Value): Value {
  const first = g.slice(g.reshape(dy, [-1]), { starts: [0], ends: [1] });
  return g.where(g.less(first, 0), value, value);
}
