// One unit of a layer, and its gradient by the image.
import { CajalError, showShape, showValue, sizeOf, type Shape } from "@cajal/core";
import { insideShape } from "../../network/images";
import type { LayerInfo } from "../../network/explainedGraph";
import { shapeFor } from "../../network/layers";
import type { NamedRules } from "../../network/network";
import { rows, type Rows } from "../../network/rows";
import { placeOfUnit } from "../../network/units";
import type { Call } from "../call";
import { neededLayer } from "./evaluate";

export interface NeuronOptions {
  /** Where in the layer's output the unit is, in the order of its axes without the batch: [y, x, channel]. */
  readonly neuron: readonly number[];
}

export interface Neuron {
  readonly layer: LayerInfo;
  /** Of the layer's output, channels first. */
  readonly shape: Shape;
  /** Its place in the layer's output, counted row by row, channels first. */
  readonly place: number;
}

/** @throws CajalError `bad-argument` for one that is not there */
export function neuronOf(call: Call, method: string, neuron: readonly number[]): Neuron {
  const layer = neededLayer(call, method);
  const place = Array.isArray(neuron) ? insideShape(neuron, call.format) : [];
  const shape = shapeFor(call.network.graph, layer, call.images.shape.slice(1));
  const fits =
    place.length === shape.length &&
    place.every((at, axis) => Number.isInteger(at) && at >= 0 && at < shape[axis]!);
  if (!fits)
    throw new CajalError(
      "bad-argument",
      `attribute (${method}): got neuron ${Array.isArray(neuron) ? `[${neuron.map(showValue).join()}]` : showValue(neuron)}, expected an index into layer "${layer.name}", which is ${showShape(shape)} (channels first).`,
      { neuron, layer: layer.name },
    );
  const unit = place.reduce((at, i, axis) => at + i * sizeOf(shape.slice(axis + 1)), 0);
  return { layer, shape, place: placeOfUnit(layer, unit) };
}

/** The neuron's gradient by the image, for every row; `by` further values, such as none. */
export const eachNeuronGradient = (
  call: Call,
  images: Rows,
  { layer, shape, place }: Neuron,
  use: (row: number, gradient: Float32Array) => void,
  rules?: NamedRules,
): Promise<void> => {
  const { image } = call.network.graph;
  return call.network.pass(
    {
      feeds: { [image]: images },
      of: layer.value,
      dy: rows(images.count, shape, (_, to) => void (to.fill(0)[place] = 1)),
      by: [image],
      rules,
      use: (row, { gradients }) => use(row, gradients[image]!.data),
    },
    call.control,
  );
};
