// A graph of one operator, from a sample of its definition.
import { random, sizeOf, tensor, type Tensor } from "@cajal/core";
import { GraphBuilder, defaultOpset, type Value } from "../src/graph/builder";
import type { Operator, OperatorSample } from "../src/operators/operator";

/**
 * Shapes of the sample are inputs of the graph, tensors are constants.
 *
 * @param free whether the inputs' extents are free, each with a name of its own
 * @param fed whether the first input is one of the graph, a tensor, too
 */
export function sampleGraph(
  operator: Operator,
  sample: OperatorSample,
  { free = false, fed = false }: { free?: boolean; fed?: boolean } = {},
) {
  const opset = Math.min(Math.max(defaultOpset, operator.since ?? 1), operator.until ?? Infinity);
  const g = new GraphBuilder({ opset });
  const feeds = new Map<string, Tensor>();
  const inputs = sample.inputs.map((input, i): Value | undefined => {
    if (input === undefined) return undefined;
    if ("dtype" in input && fed && i === 0) {
      feeds.set(`x${i}`, input);
      return g.input(`x${i}`, input.dtype, input.shape);
    }
    if ("dtype" in input) return g.initializer(`x${i}`, input);
    const numbers = random(i, operator.op);
    const data = Float32Array.from({ length: sizeOf(input) }, () => 0.1 + 0.8 * numbers.float());
    feeds.set(`x${i}`, tensor("float32", input, data));
    return g.input(`x${i}`, "float32", free ? input.map((_, axis) => `x${i}.${axis}`) : input);
  });
  const outputs = g.ops(operator.op, inputs, sample.attributes, {
    outputs: sample.outputs ?? operator.outputs[0],
    domain: operator.domain,
  });
  for (const output of outputs) g.output(output);
  return { g, feeds, outputs };
}
