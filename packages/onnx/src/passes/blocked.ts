// Convolutions on the kernels that ONNX Runtime keeps for constant weights. It lays an image out as
// [batch, channels / block, height, width, block] ("NCHWc"), so that one vector holds a pixel of a block
// of channels; its operators for that are in the domain com.microsoft.nchwc, and its optimizer uses them
// where weights are constant. Where weights are learned they are not, and this does what it leaves:
// depthwise convolutions, and the gradients of their kernels above all, run up to thirty times faster.
import { tensor, checkInteger } from "@cajal/core";
import { checkStructure } from "../model/checkStructure";
import { usedNames } from "../model/topologicalOrder";
import { attributeOf, attributesOf, type Attributes } from "../model/attribute";
import { masksInBlocks } from "./masksInBlocks";
import { convolutionBetween, type Convolution } from "../graph/convolution";
import { folded, foldsStrides, marginsOf } from "../graph/foldedStrides";
import type { Attribute, Graph, Initializer, Node, OnnxModel } from "../model/model";

const domain = "com.microsoft.nchwc";

/**
 * The same model, its convolutions (and transposed ones) of weights that are not constant on blocked
 * kernels, where those are faster.
 *
 * @param block channels in a block, as the processor has it: 16 with AVX-512, 8 with AVX2. What is not
 *   known is tried: a wrong one gives wrong results, and without such kernels nothing opens
 */
export function blocked(model: OnnxModel, block: number): OnnxModel {
  checkStructure(model, "blocked");
  checkInteger("blocked", "block", block, { least: 1 });
  const { graph } = model;
  const rewriter = new Rewriting(model, block);
  for (const node of graph.nodes) rewriter.add(node);
  for (const { name } of graph.outputs) rewriter.settle(name);
  const { initializers, isUsed } = rewriter;
  if (!isUsed) return model;
  const nodes = masksInBlocks(withoutUnread(rewriter.nodes, graph), graph, rewriter.shapeOf);
  return {
    ...model,
    opsets: { ...model.opsets, [domain]: 1 },
    graph: { ...graph, nodes, initializers },
  };
}

/**
 * The nodes without those whose results nobody reads any more: ONNX Runtime would run them, and keep for them what they
 * read.
 */
function withoutUnread(nodes: readonly Node[], { outputs }: Graph): Node[] {
  const read = new Set(outputs.map(({ name }) => name));
  const kept = nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => read.has(name))) return false;
    for (const name of usedNames(node)) read.add(name);
    return true;
  });
  return kept.toReversed();
}

/**
 * Whether {@link blocked} serves a convolution.
 *
 * @param isTransposed whether it is that of the image's gradient, from y to x
 */
export function servedInBlocks(conv: Convolution, block: number, isTransposed = false): boolean {
  const { batch, channels, maps, group, kernel } = conv;
  if (kernel.length !== 2 || [batch, ...conv.input, ...conv.output].some((n) => !(n > 0)))
    return false;
  if (isTransposed && !flippedPads(conv)) return false;
  // A sum of products reads both as they lie.
  if (group > 1 && conv.output.every((extent) => extent === 1)) return false;
  if (group > 1) return group === channels && group === maps && maps % block === 0;
  // Plain matrix products are as fast as they are.
  if (kernel.every((k) => k === 1)) return false;
  const [from, to] = isTransposed ? [maps, channels] : [channels, maps];
  if (isTransposed && conv.strides.some((stride) => stride > 1)) return false;
  // Images of few channels are read as they are.
  return to % block === 0 && (from % block === 0 || from < block);
}

/**
 * The padding with which dy, its pixels `stride` apart, is convolved to give dx; undefined where the
 * convolution's own was wider than its kernel reaches.
 */
function flippedPads({ input, output, kernel, strides, dilations, pads }: Convolution) {
  const reach = kernel.map((k, i) => (k - 1) * dilations[i]!);
  const padsBegin = reach.map((r, i) => r - pads[i]!);
  // With zeros after every pixel, the last included.
  const padsEnd = reach.map((r, i) => input[i]! - output[i]! * strides[i]! - padsBegin[i]! + r);
  const allPads = [...padsBegin, ...padsEnd];
  return allPads.every((pad) => pad >= 0) ? allPads : undefined;
}

/** A graph on its way to blocked kernels. */
class Rewriting {
  readonly nodes: Node[] = [];
  readonly initializers: Map<string, Initializer>;
  isUsed = false;
  readonly #block: number;
  readonly #shapes = new Map<string, readonly number[]>();
  readonly #reshapes = new Map<string, string>();
  /** Value → the same in blocks. */
  readonly #inBlocks = new Map<string, string>();
  /** Values that so far are in blocks only. */
  readonly #owed = new Map<string, number>();
  #count = 0;
  /** Name of the node at hand: what takes its place is named after it. */
  #at = "";

  constructor({ graph }: OnnxModel, block: number) {
    this.#block = block;
    this.initializers = new Map(graph.initializers);
    for (const { name, shape } of [...graph.inputs, ...graph.values.values(), ...graph.outputs])
      if (shape?.every((extent) => typeof extent === "number"))
        this.#shapes.set(name, shape as readonly number[]);
    for (const { op, inputs, outputs } of graph.nodes)
      if (op === "Reshape") this.#reshapes.set(outputs[0]!, inputs[0]!);
  }

  shapeOf = (name: string) => this.initializers.get(name)?.shape ?? this.#shapes.get(name);

  /** Adds a node of the graph, or what takes its place. */
  add(node: Node): void {
    this.#at = node.name || node.outputs[0]!;
    if (this.#convolution(node) || this.#transposed(node)) {
      this.isUsed = true;
      return;
    }
    const hasSubgraph = Object.values(node.attributes).some(({ type }) => type === "graph");
    for (const name of hasSubgraph ? [...this.#owed.keys()] : node.inputs) this.settle(name);
    this.nodes.push(node);
  }

  /** Sees to it that a value is there as the rest of the graph knows it. */
  settle(name: string): void {
    const channels = this.#owed.get(name);
    if (channels === undefined) return;
    this.#owed.delete(name);
    const attributes = { channels, channels_last: 0 };
    this.#node("ReorderOutput", [this.#inBlocks.get(name)!], attributes, name);
  }

  #convolution(node: Node): boolean {
    if (node.op !== "Conv" || node.domain !== "") return false;
    const [x, w, b] = node.inputs as [string, string, string?];
    const y = node.outputs[0]!;
    const conv = this.#described(node, x, w, y);
    if (!conv || !servedInBlocks(conv, this.#block)) return false;
    const { channels, maps, group, kernel, strides, dilations, pads } = conv;
    const image = channels < this.#block ? this.#settled(x) : this.#blocks(x);
    const filter = group > 1 ? this.#lineOfBlocks(w, conv) : this.#filter(w, conv);
    this.#convolve(y, maps, [image, filter, ...(b ? [this.#settled(b)] : [])], {
      kernel_shape: kernel,
      strides,
      dilations,
      pads,
      group,
    });
    return true;
  }

  #transposed(node: Node): boolean {
    if (node.op !== "ConvTranspose" || node.domain !== "" || node.attributes.output_shape)
      return false;
    const [dy, w, b] = node.inputs as [string, string, string?];
    const dx = node.outputs[0]!;
    const conv = this.#described(node, dx, w, dy);
    if (conv && foldsStrides(conv)) return this.#foldedTransposed(conv, dx, dy, w, b);
    if (!conv || !servedInBlocks(conv, this.#block, true)) return false;
    const { channels, maps, group, kernel, strides, dilations } = conv;
    const image = maps < this.#block ? this.#settled(dy) : this.#spread(dy, conv);
    const filter = group > 1 ? this.#turnedLine(w, conv) : this.#turned(w, conv);
    this.#convolve(dx, channels, [image, filter, ...(b ? [this.#settled(b)] : [])], {
      kernel_shape: kernel,
      strides: strides.map(() => 1),
      dilations,
      pads: flippedPads(conv)!,
      group,
    });
    return true;
  }

  /**
   * The strided transposed convolution as one of stride 1, whose maps are the pixels within a stride: whole vectors of
   * a block then go to their places. ONNX Runtime's own adds up single pixels, which takes twice as long.
   */
  #foldedTransposed(conv: Convolution, dx: string, dy: string, w: string, b?: string): boolean {
    const inner = folded(conv);
    const { batch, channels, maps, strides } = conv;
    const [s, block] = [strides[0]!, this.#block];
    if (channels % block !== 0 || !servedInBlocks(inner, block, true)) return false;
    // What no window reaches is filled with zeros, where it would be the bias.
    if (b && marginsOf(conv).some((margin) => margin < 0)) return false;
    const pixelsAsMaps = this.#standard("SpaceToDepth", [this.#settled(w)], { blocksize: s });
    const filter = this.#turned(pixelsAsMaps, inner);
    const image = maps < block ? this.#settled(dy) : this.#blocks(dy);
    const biases = b && this.#standard("Concat", Array(s * s).fill(this.#settled(b)), { axis: 0 });
    const y = this.#node("Conv", [image, filter, ...(biases ? [biases] : [])], {
      kernel_shape: inner.kernel,
      strides: [1, 1],
      dilations: [1, 1],
      pads: flippedPads(inner)!,
      group: 1,
    });
    const [height, width] = inner.input as [number, number];
    const lines = channels / block;
    const pixels = this.#reshape(y, [batch, s, s, lines, height, width, block]);
    const placed = this.#standard("Transpose", [pixels], { perm: [0, 3, 4, 1, 5, 2, 6] });
    const whole = this.#reshape(placed, [batch * lines, height * s, width * s * block]);
    const [top, left, bottom, right] = marginsOf(conv).map((margin) => -margin) as [number, number, number, number]; // prettier-ignore
    const pads = this.#int64s([0, top, left * block, 0, bottom, right * block]);
    const trimmed = this.#standard("Pad", [whole, pads]);
    this.#inBlocks.set(dx, this.#reshape(trimmed, [batch, channels, ...conv.input]));
    this.#owed.set(dx, channels);
    return true;
  }

  #described(node: Node, x: string, w: string, y: string): Convolution | undefined {
    if (this.initializers.has(w)) return undefined;
    const [image, kernel, result] = [x, w, y].map((name) => this.#shapes.get(name));
    return image && kernel && result
      ? convolutionBetween(attributesOf(node), image, kernel, result)
      : undefined;
  }

  #convolve(y: string, maps: number, inputs: readonly string[], attributes: Attributes): void {
    this.#inBlocks.set(y, this.#node("Conv", inputs, attributes));
    this.#owed.set(y, maps);
  }

  /** An image in blocks. */
  #blocks(x: string): string {
    const cached = this.#inBlocks.get(x);
    if (cached) return cached;
    const shape = this.#shapes.get(x)!;
    const origin = this.#sameBlocks(x, shape.slice(2));
    const blockedName = origin
      ? this.#reshape(this.#blocks(origin), shape)
      : this.#node("ReorderInput", [this.#settled(x)], { channels_last: 0 });
    this.#inBlocks.set(x, blockedName);
    return blockedName;
  }

  /**
   * The image that a value is another shape of, if its blocks are the same: those of [batch, channels,
   * ...extents] are those of [1, batch · channels, ...extents].
   */
  #sameBlocks(value: string, extents: readonly number[]): string | undefined {
    const origin = this.#reshapes.get(value);
    const shape = origin === undefined ? undefined : this.#shapes.get(origin);
    const isSame =
      shape?.length === 4 &&
      shape[1]! % this.#block === 0 &&
      extents.every((extent, i) => extent === shape[i + 2]);
    return isSame ? origin : undefined;
  }

  /** dy in blocks, its pixels `stride` apart and zeros between them. */
  #spread(dy: string, { batch, maps, output, strides }: Convolution): string {
    const blocks = this.#blocks(dy);
    if (strides.every((stride) => stride === 1)) return blocks;
    const [height, width] = output as [number, number];
    const [strideDown, strideAcross] = strides as [number, number];
    const b = this.#block;
    const separated = this.#reshape(blocks, [(batch * maps) / b, height, 1, width, b]);
    const padsAfter = [0, 0, strideDown - 1, 0, (strideAcross - 1) * b];
    const dilated = this.#standard("Pad", [separated, this.#int64s([0, 0, 0, 0, 0, ...padsAfter])]);
    return this.#reshape(dilated, [batch, maps, height * strideDown, width * strideAcross]);
  }

  /** [maps, 1, …kernel] with the maps in blocks: the kernels of a depthwise convolution. */
  #lineOfBlocks(w: string, { maps, kernel }: Convolution): string {
    // A gradient that is a kernel here is an image elsewhere.
    const origin = this.#sameBlocks(w, kernel);
    const line = origin
      ? this.#blocks(origin)
      : this.#reordered(this.#reshape(this.#settled(w), [1, maps, ...kernel]));
    return this.#reshape(line, [maps, 1, ...kernel]);
  }

  #turnedLine(w: string, conv: Convolution): string {
    const { channels, kernel } = conv;
    const line = this.#lineOfBlocks(w, conv);
    const taps = kernel.reduce((a, b) => a * b, 1);
    const parts = this.#reshape(line, [channels / this.#block, taps, this.#block]);
    return this.#reshape(this.#backwards(parts, taps, 1), [channels, 1, ...kernel]);
  }

  /** [maps, channels, …] → [maps / block, channels / block, …, block of channels, block of maps]. */
  #filter(w: string, { maps, channels, kernel }: Convolution): string {
    const b = this.#block;
    const taps = kernel.reduce((x, y) => x * y, 1);
    const line = this.#reordered(this.#reshape(this.#settled(w), [1, maps, channels, taps]));
    if (channels < b) return this.#reshape(line, [maps, channels, ...kernel]);
    const parts = this.#reshape(line, [maps / b, channels / b, b, taps, b]);
    const filter = this.#standard("Transpose", [parts], { perm: [0, 1, 3, 2, 4] });
    return this.#reshape(filter, [maps, channels, ...kernel]);
  }

  /** The filter of the transposed convolution: maps and channels swapped, the kernel flipped. */
  #turned(w: string, { maps, channels, kernel }: Convolution): string {
    const b = this.#block;
    const taps = kernel.reduce((x, y) => x * y, 1);
    const lines = this.#reordered(this.#reshape(this.#settled(w), [maps, channels, 1, taps]));
    const hasFewMaps = maps < b;
    const rows = hasFewMaps ? maps : b;
    const parts = this.#reshape(lines, [maps / rows, rows, channels / b, taps, b]);
    const filter = this.#standard("Transpose", [parts], {
      perm: hasFewMaps ? [2, 0, 1, 3, 4] : [2, 0, 3, 1, 4],
    });
    return this.#reshape(this.#backwards(filter, taps, hasFewMaps ? 3 : 2), [
      channels,
      maps,
      ...kernel,
    ]);
  }

  #backwards(value: string, taps: number, axis: number): string {
    const order = this.#int64s(Array.from({ length: taps }, (_, i) => taps - 1 - i));
    return this.#standard("Gather", [value, order], { axis });
  }

  #reordered = (value: string) => this.#node("ReorderInput", [value], { channels_last: 0 });

  #reshape = (value: string, shape: readonly number[]) =>
    this.#standard("Reshape", [value, this.#int64s(shape)]);

  #settled(name: string): string {
    this.settle(name);
    return name;
  }

  #int64s(values: readonly number[]): string {
    const name = `blocked/${values.join("x")}`;
    this.initializers.set(name, tensor("int64", [values.length], values));
    return name;
  }

  #standard = (op: string, inputs: readonly string[], attributes: Attributes = {}) =>
    this.#node(op, inputs, attributes, undefined, "");

  #node(
    op: string,
    inputs: readonly string[],
    attributes: Attributes,
    output?: string,
    of = domain,
  ): string {
    const name = `${this.#at}/blocked/${op}_${this.#count++}`;
    const typedAttributes = Object.entries(attributes).map(([key, value]): [string, Attribute] => [
      key,
      attributeOf(Array.isArray(value) ? "ints" : "int", value!, name),
    ]);
    const outputs = [output ?? name];
    this.nodes.push({
      op,
      domain: of,
      name,
      inputs,
      outputs,
      attributes: Object.fromEntries(typedAttributes),
    });
    return outputs[0]!;
  }
}
