// Scores of images that differ from another in a small place each. A convolutional network's first layers, its largest maps,
// differ in a small place too: there they are computed for a part of the image around the place, and put into what
// they are of the whole image. What is computed is the same, to rounding.
import { inferShapes, operatorFacts, type OnnxModel } from "@cajal/onnx";
import type { ExplainedGraph } from "../network/explainedGraph";
import { mapsOfImage, nodesBefore, type Reach } from "./locality";

/** [from, to) on each of height and width. */
export type Place = readonly [readonly [number, number], readonly [number, number]];

/** How a network is computed for changes in places. */
export interface Patching {
  /** The map that is computed in parts. */
  readonly value: string;
  /** [channels, height, width] */
  readonly shape: readonly [number, number, number];
  /** Height and width of the parts of the image. */
  readonly crop: readonly [number, number];
  /** From a part of the image to that of the map. */
  readonly model: OnnxModel;
  /** [channels, height, width] of the map of a part. */
  readonly cropShape: readonly [number, number, number];
  readonly places: readonly PatchPlace[];
}

/** Where a part of the image begins, and what of its map is put where; along height and width. */
export type PatchPlace = readonly [Span, Span];

export interface Span {
  /** First pixel of the part of the image. */
  readonly origin: number;
  /** Pixels of the map, [from, to), that may differ. */
  readonly from: number;
  readonly to: number;
  /** Of the map's pixels the one with which the map of the part begins. */
  readonly begin: number;
}

/** What reading and writing an element of a map takes, in multiply-adds. */
const perElement = 32;

/** The share of all work that must be saved: the whole image is the simpler way. */
const worthwhile = 0.15;

const kept = new WeakMap<ExplainedGraph, Map<string, Patching | undefined>>();

/** {@link patchingOf}, found out once for the same places. */
export function patchingFor(
  graph: ExplainedGraph,
  ...rest: [scores: string, shape: readonly number[], places: readonly Place[]]
): Patching | undefined {
  const key = JSON.stringify(rest);
  const of = kept.get(graph);
  if (of?.has(key)) return of.get(key);
  const patching = patchingOf(graph, ...rest);
  // Of other places than the last ones nothing is kept.
  kept.set(graph, new Map([[key, patching]]));
  return patching;
}

/**
 * The way to compute `scores` for images of that shape ([channels, height, width]) that differ in one of `places` from
 * another; undefined where that saves little, or the network is none of local maps.
 */
function patchingOf(
  { model, image, imageShape }: ExplainedGraph,
  scores: string,
  shape: readonly number[],
  places: readonly Place[],
): Patching | undefined {
  if (imageShape.length !== 3) return undefined;
  const whole = withImageOf(model, image, shape);
  const values = inferShapes(whole);
  const { maps, passages } = mapsOfImage(whole, image, scores, values);
  const extents = (name: string) => (values.get(name)?.shape ?? []).map((extent) => Number(extent));
  const work = workOf(whole, extents);
  const candidates = passages.flatMap((value) => {
    const [, ...of] = extents(value);
    const reaches = maps.get(value)!;
    if (of.length !== 3 || !(of[0]! > 0) || reaches[0].axis !== 2 || reaches[1].axis !== 3)
      return [];
    if (values.get(value)!.dtype !== "float32") return [];
    const crop = [0, 1].map((i) => cropExtent(reaches[i]!, shape[i + 1]!, places.map((place) => place[i]!))); // prettier-ignore
    const share = (crop[0]! * crop[1]!) / (shape[1]! * shape[2]!);
    const before = sum(nodesBefore(whole.graph.nodes, value).map((node) => work.get(node) ?? 0));
    const saved = before * (1 - share) - perElement * of.reduce((a, b) => a * b, 1);
    return [{ value, reaches, crop: crop as [number, number], shape: of as [number, number, number], saved }]; // prettier-ignore
  });
  const best = candidates.reduce((a, b) => (b.saved > a.saved ? b : a), candidates[0]!);
  const all = sum(nodesBefore(whole.graph.nodes, scores).map((node) => work.get(node) ?? 0));
  if (!best || best.saved < worthwhile * all) return undefined;
  const part = partOf(withImageOf(model, image, [shape[0]!, ...best.crop]), best.value);
  const [, ...cropShape] = inferShapes(part).get(best.value)!.shape as number[];
  return {
    ...best,
    model: part,
    cropShape: cropShape as [number, number, number],
    places: places.map((place) => [
      spanOf(best.reaches[0], shape[1]!, best.crop[0], place[0]),
      spanOf(best.reaches[1], shape[2]!, best.crop[1], place[1]),
    ]),
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** Multiply-adds of each node for one image, with those that moving its output is worth. */
const workOf = (
  { graph }: OnnxModel,
  extents: (name: string) => readonly number[],
): ReadonlyMap<OnnxModel["graph"]["nodes"][number], number> =>
  new Map(
    graph.nodes.map((node) => {
      const elements = extents(node.outputs[0]!).map((extent) => extent || 1);
      const int = (name: string, absent: number) => Number(node.attributes[name]?.value ?? absent);
      const inputs = node.inputs.map((name) => extents(name).map((extent) => extent || 1));
      const macs = operatorFacts(node.op, node.domain).macs?.(inputs, elements, int) ?? 0;
      return [node, macs + perElement * elements.reduce((a, b) => a * b, 1)];
    }),
  );

/** What of a map depends on pixels [a, b) of the image, and what of the image that depends on. */
function changedBy(
  { extent, stride, from, to }: Reach,
  image: number,
  [a, b]: readonly [number, number],
) {
  const first = Math.max(0, Math.ceil((a - to) / stride));
  const last = Math.min(extent - 1, Math.floor((b - 1 - from) / stride));
  const needed = Math.max(0, first * stride + from);
  return {
    first,
    last,
    // A part begins where a pixel of every map before does.
    origin: needed - (needed % stride),
    end: Math.min(image, last * stride + to + 1),
  };
}

/**
 * The extent of parts that serve all places. Cut off are whole strides: the windows of every layer lie in a part as
 * in the whole, also where it ends with it.
 */
function cropExtent(
  reach: Reach,
  image: number,
  places: readonly (readonly [number, number])[],
): number {
  const most = places.reduce((most, place) => {
    const { origin, end } = changedBy(reach, image, place);
    return Math.max(most, end - origin);
  }, 1);
  return image - reach.stride * Math.floor((image - most) / reach.stride);
}

function spanOf(reach: Reach, image: number, crop: number, place: readonly [number, number]): Span {
  const { first, last, origin: wanted } = changedBy(reach, image, place);
  const origin = Math.min(wanted, image - crop);
  return { origin, from: first, to: Math.max(first, last + 1), begin: origin / reach.stride };
}

/** The model for images of a shape; what was said of other values no longer holds. */
const withImageOf = (model: OnnxModel, image: string, shape: readonly number[]): OnnxModel => ({
  ...model,
  graph: {
    ...model.graph,
    values: new Map(),
    inputs: model.graph.inputs.map((input) =>
      input.name === image ? { ...input, shape: [input.shape?.[0], ...shape] } : input,
    ),
  },
});

/** What of a model gives a value. */
function partOf(model: OnnxModel, value: string): OnnxModel {
  const nodes = nodesBefore(model.graph.nodes, value);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  return {
    ...model,
    graph: {
      ...model.graph,
      nodes,
      initializers: new Map([...model.graph.initializers].filter(([name]) => read.has(name))),
      outputs: [],
    },
  };
}
