// The units of a flattened layer: Keras counts them channels last, and on engine onnx they are computed channels first.
import { sizeOf, type Tensor } from "@cajal/core";
import type { LayerInfo } from "./explainedGraph";
import { emptyRows, rowOf } from "./rows";

/** Where unit `unit` of a layer, counted as in Keras, stands in the graph's value. */
export function placeOfUnit({ flattened }: Pick<LayerInfo, "flattened">, unit: number): number {
  if (!flattened) return unit;
  const channels = flattened.at(-1)!;
  return (unit % channels) * sizeOf(flattened.slice(0, -1)) + Math.floor(unit / channels);
}

/** What was computed of a layer, [n, …], with its units in Keras' order. */
export function unitsInOrder(
  layer: Pick<LayerInfo, "flattened">,
  map: Tensor<"float32">,
): Tensor<"float32"> {
  if (!layer.flattened) return map;
  const result = emptyRows(map.shape[0]!, map.shape.slice(1));
  for (let i = 0; i < map.shape[0]!; i++) {
    const [from, to] = [rowOf(map, i), rowOf(result, i)];
    for (let unit = 0; unit < to.length; unit++) to[unit] = from[placeOfUnit(layer, unit)]!;
  }
  return result;
}
