// Whether there is anything to differentiate on the way between two values. Where there is not, gradients are zeros, and maps of
// zeros look as if the network saw nothing.
import { CajalError } from "@cajal/core";
import type { Node, OnnxModel, ValueInfo } from "@cajal/onnx";
import type { ExplainedGraph } from "./explainedGraph";
import { hasSubgraph } from "./hasSubgraph";
import { valuesAfter, valuesBefore } from "./way";

/** @throws CajalError `unsupported` where a gradient would be zeros, or without what is rounded on the way */
export function checkSlope(
  { image, logits, probabilities, layers, values }: ExplainedGraph,
  { graph: { nodes } }: OnnxModel,
  of: string,
  by: readonly string[],
): void {
  const forwards = "Methods that only run forwards, such as feature-ablation, take it";
  for (const value of by) {
    const rounding = roundingBetween(nodes, of, value);
    if (rounding)
      throw new CajalError(
        "unsupported",
        `the network is quantized: node "${rounding.name}" (${rounding.op}) rounds numbers, which has no slope. Explain the network that it was made from. ${forwards}.`,
        { node: rounding.name, op: rounding.op },
      );
  }
  if (by.some((value) => hasSlope(nodes, values, of, value))) return;
  const names = new Map([
    ...layers.map(({ name, value }) => [value, `layer "${name}"`] as const),
    [image, "the input"],
    [logits, "the logits"],
    [probabilities, "the probabilities"],
  ]);
  const [from, to] = [by[0]!, of].map((value) => names.get(value) ?? `value "${value}"`);
  throw new CajalError(
    "unsupported",
    valuesAfter(nodes, by[0]!).has(of)
      ? `on the way from ${from} to ${to} numbers become whole ones or conditions, as tokens do that an embedding looks up: by these nothing is differentiated. ${forwards}, and those of a layer behind.`
      : `${to} do not depend on ${from}. Take an earlier layer, or output "probability" for what lies behind the logits.`,
    { of, by },
  );
}

/** Whether gradients go from one value back to another: through numbers that are no whole ones. */
function hasSlope(
  nodes: readonly Node[],
  values: ReadonlyMap<string, ValueInfo>,
  of: string,
  by: string,
): boolean {
  const isFloat = (name: string) => /^b?float/.test(values.get(name)?.dtype ?? "float32");
  const moving = new Set([by]);
  for (const node of nodes)
    if (hasSubgraph(node) || node.inputs.some((input) => moving.has(input)))
      for (const output of node.outputs) if (isFloat(output)) moving.add(output);
  return moving.has(of);
}

/** The node on the way between two values that rounds what comes to it, as those of quantized networks do. */
function roundingBetween(nodes: readonly Node[], of: string, by: string): Node | undefined {
  const [before, after] = [valuesBefore(nodes, [of]), valuesAfter(nodes, by)];
  return nodes.find(
    ({ op, inputs, outputs }) =>
      /^(Dynamic)?Quantize/.test(op) &&
      after.has(inputs[0]!) &&
      outputs.some((name) => before.has(name)),
  );
}
