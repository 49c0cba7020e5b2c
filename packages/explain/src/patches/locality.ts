// Which values of a network are maps of its image: the pixel p of one depends on the image's pixels stride · p + from …
// stride · p + to alone, on each spatial axis, wherever it lies. Such a map can be computed for a part of the image.
import type { Tensor } from "@cajal/core";
import type { Node, OnnxModel, ValueInfo } from "@cajal/onnx";
import { hasSubgraph } from "../network/hasSubgraph";
import { activations } from "../network/activations";

/** What of the image one pixel of a map depends on, along one axis. */
export interface Reach {
  /** The axis of the value. */
  readonly axis: number;
  /** Pixels of the value. */
  readonly extent: number;
  readonly stride: number;
  /** At most 0, so that a part of the image that begins at a pixel's own place has the pixel. */
  readonly from: number;
  readonly to: number;
}

/** Along the height and the width of the image. */
export type Reaches = readonly [Reach, Reach];

type Values = ReadonlyMap<string, ValueInfo>;

/** What a node's output, of that shape, depends on; undefined where it is no map. */
type Rule = (
  node: Node,
  inputs: readonly Input[],
  output: Shape,
  constant: (name: string) => readonly number[] | undefined,
) => Reaches | undefined;

type Shape = readonly (number | undefined)[];

interface Input {
  /** Undefined of what does not depend on the image. */
  readonly reaches: Reaches | undefined;
  readonly shape: Shape;
}

/**
 * The maps among a model's values, by name, and where all that the scores depend on passes through one of them: the names
 * of such maps, in the order of the nodes.
 *
 * @param values types and shapes for images of known extents
 */
export function mapsOfImage(
  { graph }: OnnxModel,
  image: string,
  scores: string,
  values: Values,
): { readonly maps: ReadonlyMap<string, Reaches>; readonly passages: readonly string[] } {
  const nodes = nodesBefore(graph.nodes, scores);
  const maps = new Map<string, Reaches>();
  const passages: string[] = [];
  const [, , height, width] = shapeOf(values, image) ?? [];
  if (height === undefined || width === undefined || nodes.some(hasSubgraph))
    return { maps, passages };
  const whole = { stride: 1, from: 0, to: 0 };
  maps.set(image, [
    { axis: 2, extent: height, ...whole },
    { axis: 3, extent: width, ...whole },
  ]);
  const readers = new Map<string, number>();
  for (const { inputs } of nodes)
    for (const name of inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  const dependent = new Set([image]);
  // Values of the image that nodes still to come read: where it is one, all passes through it.
  const open = new Set([image]);
  for (const node of nodes) {
    if (!node.inputs.some((name) => dependent.has(name))) continue;
    for (const name of node.inputs) {
      readers.set(name, readers.get(name)! - 1);
      if (readers.get(name) === 0) open.delete(name);
    }
    for (const name of node.outputs) {
      dependent.add(name);
      if (readers.has(name)) open.add(name);
    }
    const [output] = node.outputs as [string];
    const reaches = reachesOf(node, { maps, dependent, values, graph });
    if (reaches) maps.set(output, reaches);
    if (reaches && open.size === 1 && open.has(output)) passages.push(output);
  }
  return { maps, passages };
}

/** The nodes that a value depends on. */
export function nodesBefore(nodes: readonly Node[], value: string): readonly Node[] {
  const needed = new Set([value]);
  const before: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    before.push(node);
    for (const name of node.inputs) needed.add(name);
  }
  return before.toReversed();
}

const shapeOf = (values: Values, name: string): Shape | undefined =>
  values.get(name)?.shape?.map((extent) => (typeof extent === "number" ? extent : undefined));

function reachesOf(
  node: Node,
  of: {
    readonly maps: ReadonlyMap<string, Reaches>;
    readonly dependent: ReadonlySet<string>;
    readonly values: Values;
    readonly graph: OnnxModel["graph"];
  },
): Reaches | undefined {
  const { op, domain, inputs, outputs } = node;
  const rule = rules.get(domain === "" ? op : `${domain}.${op}`);
  if (!rule || outputs.slice(1).some((name) => name !== "")) return undefined;
  const read: Input[] = [];
  for (const name of inputs) {
    if (name === "") continue;
    const reaches = of.maps.get(name);
    const shape = shapeOf(of.values, name);
    if (!shape || (of.dependent.has(name) && !reaches)) return undefined;
    read.push({ reaches, shape });
  }
  const output = shapeOf(of.values, outputs[0]!);
  const constant = (name: string) => {
    const numbers = of.graph.initializers.get(name);
    return numbers && Array.from((numbers as Tensor).data as ArrayLike<number | bigint>, Number);
  };
  const reaches = output && rule(node, read, output, constant);
  return reaches?.every(({ from }) => from <= 0) ? reaches : undefined;
}

/** Element by element: all maps are as large as each other, and what is added to them is the same at every pixel. */
const elementwise: Rule = (_, inputs) => {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const of = inputs.flatMap(({ reaches }) => (reaches ? [reaches] : []));
  const [first] = of;
  const isEverywhere = (shape: Shape, axis: number) =>
    axis - rank < -shape.length || shape.at(axis - rank) === 1;
  const fits = inputs.every(({ reaches, shape }) =>
    reaches ? shape.length === rank : first!.every(({ axis }) => isEverywhere(shape, axis)),
  );
  return fits ? joined(of) : undefined;
};

/** Maps side by side. */
const concatenated: Rule = ({ attributes }, inputs) => {
  const rank = inputs[0]!.shape.length;
  const axis = Number(attributes["axis"]?.value);
  const of = inputs.flatMap(({ reaches }) => (reaches ? [reaches] : []));
  if (of.length < inputs.length) return undefined;
  return of[0]!.some((each) => each.axis === (axis + rank) % rank) ? undefined : joined(of);
};

/** What several maps of the same places depend on. */
function joined(of: readonly Reaches[]): Reaches | undefined {
  const [first, ...others] = of as [Reaches, ...Reaches[]];
  const alike = others.every((reaches) =>
    reaches.every(
      ({ axis, extent, stride }, i) =>
        axis === first[i]!.axis && extent === first[i]!.extent && stride === first[i]!.stride,
    ),
  );
  if (!alike) return undefined;
  const join = (i: 0 | 1): Reach => ({
    ...first[i],
    from: Math.min(...of.map((reaches) => reaches[i].from)),
    to: Math.max(...of.map((reaches) => reaches[i].to)),
  });
  return [join(0), join(1)];
}

/** Each pixel by itself, by numbers of its channel. */
const perChannel: Rule = ({ attributes }, [x, ...settings]) =>
  x?.reaches && isImage(x) && !settings.some(({ reaches }) => reaches) && attributes["training_mode"]?.value !== 1 // prettier-ignore
    ? x.reaches
    : undefined;

const isImage = ({ reaches, shape }: Input) =>
  shape.length === 4 && reaches![0].axis === 2 && reaches![1].axis === 3;

const transposed: Rule = ({ attributes }, [x]) => {
  const perm = attributes["perm"]?.value as readonly number[] | undefined;
  const moved = (reach: Reach) => ({
    ...reach,
    axis: perm?.indexOf(reach.axis) ?? x!.shape.length - 1 - reach.axis,
  });
  return [moved(x!.reaches![0]), moved(x!.reaches![1])];
};

/** Under a sliding window. */
const windowed: Rule = (node, [x, kernel, bias], outputShape) => {
  if (!x?.reaches || !isImage(x) || kernel?.reaches || bias?.reaches) return undefined;
  const list = (name: string) => node.attributes[name]?.value as readonly number[] | undefined;
  const autoPad = node.attributes["auto_pad"]?.value ?? "NOTSET";
  const slid = (i: 0 | 1): Reach | undefined => {
    const { axis, extent, stride, from, to } = x.reaches![i];
    const size = list("kernel_shape")?.[i] ?? kernel?.shape[axis];
    const output = outputShape[axis];
    if (size === undefined || output === undefined) return undefined;
    const [step, dilation] = [list("strides")?.[i] ?? 1, list("dilations")?.[i] ?? 1];
    const last = (size - 1) * dilation;
    const total = Math.max(0, (output - 1) * step + last + 1 - extent);
    const before = {
      SAME_UPPER: Math.floor(total / 2),
      SAME_LOWER: Math.ceil(total / 2),
      VALID: 0,
      NOTSET: list("pads")?.[i] ?? 0,
    }[autoPad as string]!;
    return {
      axis,
      extent: output,
      stride: stride * step,
      from: from - before * stride,
      to: to + (last - before) * stride,
    };
  };
  return both(slid(0), slid(1));
};

const both = (height: Reach | undefined, width: Reach | undefined): Reaches | undefined =>
  height && width && [height, width];

/** Within a margin of numbers that are the same everywhere. */
const padded: Rule = ({ attributes, inputs }, [x, ...settings], outputShape, constant) => {
  const mode = attributes["mode"]?.value ?? "constant";
  // `axes` are not named, and no pixels are taken away.
  if (!x?.reaches || mode !== "constant" || inputs[3] || settings.some(({ reaches }) => reaches))
    return undefined;
  const pads = constant(inputs[1]!);
  const margin = (i: 0 | 1): Reach | undefined => {
    const { axis, extent, stride, from, to } = x.reaches![i];
    const output = outputShape[axis];
    const before = pads?.[axis];
    if (output === undefined || before === undefined || before < 0 || output - before < extent)
      return undefined;
    return { axis, extent: output, stride, from: from - before * stride, to: to - before * stride };
  };
  return both(margin(0), margin(1));
};

const forEach = (operators: readonly string[], rule: Rule) =>
  operators.map((operator) => [operator, rule] as const);

const rules: ReadonlyMap<string, Rule> = new Map([
  ...forEach(activations, elementwise),
  ...forEach("Add Cast Div Dropout Identity Max Mean Min Mul Neg Pow Sub Sum".split(" "), elementwise), // prettier-ignore
  ...forEach(["BatchNormalization", "LRN"], perChannel),
  ...forEach(["AveragePool", "Conv", "LpPool", "MaxPool"], windowed),
  ["Concat", concatenated],
  ["Pad", padded],
  ["Transpose", transposed],
]);
