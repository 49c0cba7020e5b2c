// New values that are written over the arrays that they were computed from. Beside each array of a model with many
// weights, another one for its next version would be half of what training keeps.
import { sizeOf } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";

/** Bytes of weights and slots from which a step works in place; for fewer, copying costs more than the memory is worth. */
export const leastBytesInPlace = 2 ** 26;

/** Elements from which an array's memory is worth waiting for. */
const worthWaiting = 2 ** 14;

/**
 * A number that is computed after large arrays are. An update that waits for all gradients keeps one array a parameter until
 * then; one that follows its own gradient at once would keep as many as it gives.
 */
export function after(g: GraphBuilder, number: Value, arrays: readonly Value[]): Value {
  const firstElements = arrays
    .filter(({ shape }) => sizeOf(shape as number[]) >= worthWaiting)
    .map((array) => g.slice(line(g, array), { starts: [0], ends: [1] }));
  if (firstElements.length === 0) return number;
  const either = g.less(g.reshape(g.sum(...firstElements), []), 0);
  return g.where(either, number, number);
}

/**
 * Outputs that may lie where the inputs lie whose new values they are: they are copied there when nothing reads these
 * any more, and only if the step may take effect. Else each input is its own new value.
 *
 * @param numbers all other results of the graph, as one line, the last of which is finite if the step may take effect
 * @param newValues input → its new value; where the graph has no such input yet, it gets one
 */
export function outputsInPlace(
  g: GraphBuilder,
  numbers: Value,
  newValues: ReadonlyMap<string, Value>,
): Map<string, Value> {
  const inputs = new Set(g.inputs.map(({ name }) => name));
  const names = [...newValues.keys()];
  const news = [...newValues.values()].map((value) => line(g, value));
  const olds = names.map((name, i) => inputs.has(name) ? g.value(name) : g.input(name, "float32", news[i]!.shape)); // prettier-ignore
  const lastNumber = g.slice(numbers, { starts: [-1], ends: [sizeOf(numbers.shape as number[])] });
  const outputs = g.if(
    g.less(g.abs(lastNumber), Infinity),
    (then) => news.map((value) => then.identity(value)),
    (otherwise) => olds.map((value) => otherwise.identity(line(otherwise, value))),
  );
  return new Map(names.map((name, i) => [name, outputs[i]!]));
}

/** A value, flattened. */
export const line = (g: GraphBuilder, value: Value): Value =>
  value.shape?.length === 1 ? value : g.reshape(value, [-1]);
