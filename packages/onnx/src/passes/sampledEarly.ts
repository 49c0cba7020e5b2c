// Computes only the pixels that are read. A 1 × 1 convolution of stride 2 reads a quarter of its image; where all
// readers of an image do so, as behind the stages of ResNet (He et al. 2015, arXiv:1512.03385, whose strides are at such
// convolutions), what comes before can leave the rest out: sums, activations and normalizations take sampled images, and
// the convolution that made the image takes the stride. Every pixel that is read is the sum that it was.
// ResNet50 has three such places, with a tenth of its multiply-adds.
import { checkStructure } from "../model/checkStructure";
import { attributesOf } from "../model/attribute";
import { inferShapes } from "../graph/inferShapes";
import type { Attribute, Dim, Node, OnnxModel } from "../model/model";
import { operation } from "./operation";

/** What gives a pixel from the same pixel of its first input. */
const ofFirst = [
  "Relu", "LeakyRelu", "Clip", "Elu", "Selu", "Celu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Softplus",
  "Softsign", "Gelu", "Mish", "Swish", "Identity", "BatchNormalization",
]; // prettier-ignore
/** What gives a pixel from the same pixel of all its inputs, but of those that have one for all. */
const ofAll = ["Add", "Sub", "Mul", "Div", "Sum", "Max", "Min"];
/** What gives any other pixels from a window. */
const windowed = ["Conv", "MaxPool", "AveragePool"];

/**
 * The same model, images whose every reader takes only one pixel of a stride computed for these pixels alone.
 *
 * @param keep names of further values that stay as they are, besides the graph's outputs
 */
export function sampledEarly(model: OnnxModel, keep: readonly string[] = []): OnnxModel {
  checkStructure(model, "sampledEarly");
  const { graph } = model;
  // Graphs within nodes read values of this one without being among its readers.
  if (
    !graph.nodes.some((node) => isPointwise(node, model) && isStrided(node)) ||
    graph.nodes.some(hasSubgraph)
  )
    return model;
  const images = new Images(model);
  const samplings = samplingsOf(model, images, new Set(keep));
  if (samplings.size === 0) return model;

  const samples = new Map<string, Node>();
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const own = samplings.get(node.outputs[0]!);
    if (windowed.includes(node.op)) {
      // What took one pixel of a stride takes all that are left.
      const isTaken = samplings.has(node.inputs[0]!);
      if (!own && !isTaken) return [node];
      const rank = images.rankOf(node);
      const strides = stridesOf(node, rank).map((stride, i) => stride * (own?.[i] ?? 1));
      return [withStrides(node, isTaken ? ones(rank) : strides)];
    }
    if (!own) return [node];
    const newSamples: Node[] = [];
    const inputs = node.inputs.map((name, i) => {
      if (!images.isRead(node, i) || samplings.has(name)) return name;
      const key = `${name}/every ${own.join(" ")}`;
      if (!samples.has(key)) {
        samples.set(key, sampled(name, images.freshName(key), own));
        newSamples.push(samples.get(key)!);
      }
      return samples.get(key)!.outputs[0]!;
    });
    return [...newSamples, { ...node, inputs }];
  });
  const values = new Map([...graph.values].filter(([name]) => !samplings.has(name)));
  return { ...model, graph: { ...graph, nodes, values } };
}

/** Value → the stride by which all its readers take it, where it can be computed so and saves a window's work. */
function samplingsOf(
  { graph }: OnnxModel,
  images: Images,
  kept: ReadonlySet<string>,
): Map<string, readonly number[]> {
  const whole = new Set([...kept, ...graph.outputs.map(({ name }) => name)]);
  const readers = new Map<string, { readonly node: Node; readonly i: number }[]>();
  for (const node of graph.nodes)
    node.inputs.forEach((name, i) => {
      const list = readers.get(name);
      if (list) list.push({ node, i });
      else readers.set(name, [{ node, i }]);
    });
  const samplings = new Map<string, readonly number[]>();
  for (const node of graph.nodes.toReversed()) {
    const [y, ...others] = node.outputs as [string, ...string[]];
    if (whole.has(y) || others.some(Boolean) || !images.canSample(node)) continue;
    const strides = (readers.get(y) ?? []).map(({ node: reader, i }) =>
      windowed.includes(reader.op)
        ? i === 0 && images.samplingBy(reader, samplings.get(reader.outputs[0]!))
        : images.isRead(reader, i) && samplings.get(reader.outputs[0]!),
    );
    const [first] = strides;
    if (first && strides.every((each) => each && each.join() === first.join()))
      samplings.set(y, first);
  }
  // What gets no sampled image itself saves nothing by giving one.
  for (const node of graph.nodes)
    if (
      !windowed.includes(node.op) &&
      !node.inputs.some((name, i) => images.isRead(node, i) && samplings.has(name))
    )
      samplings.delete(node.outputs[0]!);
  return samplings;
}

interface Shaped {
  readonly dtype: string;
  readonly shape: readonly Dim[] | undefined;
}

/** What is known of the images of a graph. */
class Images {
  readonly #model: OnnxModel;
  readonly #shapes: ReadonlyMap<string, Shaped>;

  constructor(model: OnnxModel) {
    this.#model = model;
    this.#shapes = new Map<string, Shaped>([...inferShapes(model), ...model.graph.initializers]);
  }

  /** Extents of an image, [batch, channels, ...extents]. */
  #extents(name: string): readonly Dim[] | undefined {
    const { dtype, shape } = this.#shapes.get(name) ?? {};
    return dtype === "float32" && shape && shape.length > 2 ? shape.slice(2) : undefined;
  }

  /** Number of extents of a node's images. */
  rankOf = (node: Node): number => this.#extents(node.outputs[0]!)!.length;

  /** A name like this one that no value has. */
  freshName = (name: string): string =>
    this.#shapes.has(name) ? this.freshName(`${name}'`) : name;

  /**
   * The stride by which a node takes single pixels of its first input; undefined where it takes all, or others as well.
   *
   * @param own the stride by which its own are taken
   */
  samplingBy(node: Node, own: readonly number[] | undefined): readonly number[] | undefined {
    const [x, y, ...others] = [node.inputs[0]!, ...node.outputs] as [string, string, ...string[]];
    if (!isPointwise(node, this.#model) || !this.#extents(x) || !this.#extents(y)) return undefined;
    const strides = stridesOf(node, this.rankOf(node)).map((stride, i) => stride * (own?.[i] ?? 1));
    return others.some(Boolean) || strides.every((stride) => stride === 1) ? undefined : strides;
  }

  /** Whether a node can give any pixels alone. */
  canSample(node: Node): boolean {
    const { op, domain, outputs } = node;
    const extents = this.#extents(outputs[0]!);
    if (domain !== "" || !extents) return false;
    if (windowed.includes(op)) return isPlain(node);
    if (attributesOf(node).int("training_mode", 0) !== 0) return false;
    const isRead = node.inputs.map((_, i) => this.isRead(node, i));
    return (
      isRead.some(Boolean) &&
      node.inputs.every((name, i) => isRead[i] || this.#isForAll(node, name, i))
    );
  }

  /** Whether a pixel-by-pixel node takes from its input `i` the pixel that it gives. */
  isRead(node: Node, i: number): boolean {
    const { op, inputs, outputs, domain } = node;
    if (domain !== "" || !(ofAll.includes(op) || (i === 0 && ofFirst.includes(op)))) return false;
    const [extents, own] = [this.#extents(outputs[0]!), this.#extents(inputs[i]!)];
    return (
      extents !== undefined &&
      own?.length === extents.length &&
      own.every((extent, axis) => extent !== undefined && extent === extents[axis]) &&
      !this.#isForAll(node, inputs[i]!, i)
    );
  }

  /** Whether an input is one number, or one a channel, for all pixels. */
  #isForAll({ op, outputs }: Node, name: string, i: number): boolean {
    if (!ofAll.includes(op)) return i > 0;
    const { shape } = this.#shapes.get(name) ?? {};
    const rank = this.#extents(outputs[0]!)!.length;
    return shape !== undefined && shape.slice(-rank).every((extent) => extent === 1);
  }
}

/** Whether its windows begin where its padding says, and end where they still fit. */
const isPlain = (node: Node): boolean => {
  const { string, int } = attributesOf(node);
  return ["NOTSET", "VALID"].includes(string("auto_pad", "NOTSET")) && int("ceil_mode", 0) === 0;
};

const hasSubgraph = ({ attributes }: Node): boolean =>
  Object.values(attributes).some(({ type }) => type === "graph" || type === "graphs");

/** Whether a node takes only single pixels of its first input. */
function isPointwise(node: Node, { graph: { initializers } }: OnnxModel): boolean {
  const { ints } = attributesOf(node);
  if (node.domain !== "" || !windowed.includes(node.op) || !isPlain(node)) return false;
  const kernel = ints("kernel_shape") ?? initializers.get(node.inputs[1] ?? "")?.shape.slice(2);
  const takesOne = kernel !== undefined && kernel.every((k) => k === 1);
  return takesOne && (ints("pads") ?? []).every((pad) => pad === 0);
}

const isStrided = (node: Node): boolean =>
  (attributesOf(node).ints("strides") ?? []).some((stride) => stride > 1);

const ones = (rank: number): number[] => Array<number>(rank).fill(1);

const stridesOf = (node: Node, rank: number): readonly number[] =>
  attributesOf(node).ints("strides") ?? ones(rank);

const ints = (value: readonly number[]): Attribute => ({ type: "ints", value });

const withStrides = (node: Node, strides: readonly number[]): Node => ({
  ...node,
  attributes: { ...node.attributes, strides: ints(strides) },
});

/** Every pixel of a stride: the mean of that one. (The greatest would lose NaN.) */
const sampled = (name: string, output: string, strides: readonly number[]): Node =>
  operation("AveragePool", [name], output, {
    kernel_shape: ints(ones(strides.length)),
    strides: ints(strides),
  });
