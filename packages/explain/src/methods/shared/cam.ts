// Class activation maps: a weighted sum of a layer's channels, cut off at 0 and brought to the image's size.
//
// A [channels, h, w] is the layer's output, G the gradient of the score by it. `cam` is the sum, signed, at the
// layer's size; the map is max(cam, 0), resized bilinearly by pixel centres and not normalized: for showing,
// divide by its largest value. (pytorch-grad-cam scales before and after resizing, Captum applies no ReLU.)
import type { Tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import { imageExtents } from "../../network/images";
import { emptyRows, rowOf, rowsOf } from "../../network/rows";
import { mapLayer } from "../../network/layers";
import type { Call } from "../call";
import { defineMethod, type Attributed, type Method } from "../method";
import { layerOf } from "./evaluate";
import { eachLayerGradient } from "./layers";
import { resized } from "./resize";

/** Maps of one example. */
export interface Maps {
  readonly a: ArrayLike<number>;
  readonly g: ArrayLike<number>;
  readonly channels: number;
  /** Pixels of a channel. */
  readonly area: number;
}

export interface CamOfOne {
  readonly cam: ArrayLike<number>;
  readonly weights?: ArrayLike<number>;
}

/** A method whose map follows from A and G of one example, or from A alone. */
export const defineCam = <const Name extends string, Options extends object = object>({
  name,
  title,
  options = [],
  forwards = false,
  of,
  inGraph,
}: {
  readonly name: Name;
  readonly title: string;
  readonly options?: readonly (keyof Options & string)[];
  /** Whether it needs no G, which is empty then. */
  readonly forwards?: boolean;
  of(maps: Maps, options: Options): CamOfOne;
  /** The same of A and G, [n, channels, h, w], in a graph: [n, h, w]. */
  readonly inGraph?: (g: GraphBuilder, a: Value, gradient: Value, options: Options) => Value;
}): Method<Name, Options> =>
  defineMethod({
    name,
    title,
    gives: "cam",
    plain: true,
    options,
    async attribute(call, camOptions: Options) {
      const layer = mapLayer(call.network.graph, call.layer);
      if (forwards) {
        const a = await layerOf(call, rowsOf(call.images), layer.value);
        const cams = call.targets.map((_, image) => of(mapsOf(a, image), camOptions));
        return finished(call, layer.name, cams, a.shape.slice(1));
      }
      const cams: CamOfOne[] = [];
      let shape: readonly number[] = [];
      await eachLayerGradient(call, rowsOf(call.images), layer.value, (_, a, g, layerShape) => {
        shape = layerShape;
        const [channels, h, w] = layerShape as [number, number, number];
        cams.push(of({ a, g, channels, area: h * w }, camOptions));
      });
      return finished(call, layer.name, cams, shape);
    },
    ...(inGraph && {
      graph: {
        map({ g, layer, gradients }, camOptions: Options) {
          const a = layer().value;
          return inGraph(g, a, gradients([a])[0]!, camOptions);
        },
      },
    }),
  });

/** Over the pixels of each channel in a graph: [n, channels, 1, 1]. */
export const overPixels = (g: GraphBuilder, value: Value): Value =>
  g.reduceSum(value, { axes: [2, 3], keepdims: true });

/** Over the channels: [n, h, w]. */
export const overChannels = (g: GraphBuilder, value: Value): Value =>
  g.reduceSum(value, { axes: [1], keepdims: false });

/** The results of all examples as tensors, with the map of the image's size. */
export function finished(
  { images }: Call,
  layer: string,
  cams: readonly CamOfOne[],
  [, h, w]: readonly number[],
): Attributed {
  const [, , height, width] = imageExtents("attribute", images);
  const map = emptyRows(cams.length, [height, width]);
  const cam = emptyRows(cams.length, [h!, w!]);
  const weights = cams[0]?.weights && emptyRows(cams.length, [cams[0].weights.length]);
  cams.forEach((one, i) => {
    rowOf(cam, i).set(one.cam);
    if (weights) rowOf(weights, i).set(one.weights!);
    rowOf(map, i).set(upsampled(one.cam, [h!, w!], [height, width]));
  });
  return { map, layer, cam, ...(weights && { weights }) };
}

export const upsampled = (
  cam: ArrayLike<number>,
  from: readonly [number, number],
  to: readonly [number, number],
): Float64Array =>
  resized(
    Float64Array.from(cam, (value) => Math.max(value, 0)),
    from,
    to,
  );

/** Σₖ wₖ Aₖ. */
export function weightedSum({ a, channels, area }: Maps, weights: ArrayLike<number>): CamOfOne {
  const cam = new Float64Array(area);
  for (let k = 0; k < channels; k++)
    for (let i = 0; i < area; i++) cam[i]! += weights[k]! * a[k * area + i]!;
  return { cam, weights };
}

/** A weight for each channel, from its maps. */
export const channelWeights = (
  { a, g, channels, area }: Maps,
  weight: (a: Float64Array, g: Float64Array) => number,
): Float64Array =>
  Float64Array.from({ length: channels }, (_, k) => {
    const of = (maps: ArrayLike<number>) =>
      Float64Array.from({ length: area }, (__, i) => maps[k * area + i]!);
    return weight(of(a), of(g));
  });

/** Σₖ of something of each pixel of each channel. */
export function pixelSum(
  { a, g, channels, area }: Maps,
  of: (a: number, g: number) => number,
): CamOfOne {
  const cam = new Float64Array(area);
  for (let k = 0; k < channels; k++)
    for (let i = 0; i < area; i++) cam[i]! += of(a[k * area + i]!, g[k * area + i]!);
  return { cam };
}

/** A layer's maps of one example out of a batch of them. */
export const mapsOf = (a: Tensor<"float32">, example: number): Maps => {
  const [, channels, h, w] = a.shape as [number, number, number, number];
  return { a: rowOf(a, example), g: [], channels, area: h * w };
};
