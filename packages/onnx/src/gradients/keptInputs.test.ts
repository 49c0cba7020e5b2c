// What a gradient reads is kept from the forward pass to the backward one. Activations whose output shows all that their
// gradient needs read that, which the next layer keeps anyway, and not their input.
import { expect, it } from "vitest";
import { gradients } from "../differentiate";
import { GraphBuilder, type Value } from "../graph/builder";

const activations: Record<string, (g: GraphBuilder, x: Value) => Value> = {
  Relu: (g, x) => g.relu(x),
  "Clip to 0 and 6": (g, x) => g.clip(x, { min: 0, max: 6 }),
  LeakyRelu: (g, x) => g.op("LeakyRelu", [x], { alpha: 0.2 }),
  Elu: (g, x) => g.op("Elu", [x]),
  Celu: (g, x) => g.op("Celu", [x], { alpha: 0.5 }),
  ThresholdedRelu: (g, x) => g.op("ThresholdedRelu", [x]),
  HardSigmoid: (g, x) => g.hardSigmoid(x),
  Sigmoid: (g, x) => g.sigmoid(x),
  Tanh: (g, x) => g.tanh(x),
};

it.each(Object.entries(activations))("%s does not keep its input", (_, activation) => {
  const g = new GraphBuilder();
  const input = g.input("input", "float32", [2, 3]);
  const x = g.add(input, input);
  const y = activation(g, x);
  const [dx] = gradients(g, g.reduceSum(y, { keepdims: false }), [input]);
  g.output(dx!, "dx");
  const readers = g.build().graph.nodes.filter(({ inputs }) => inputs.includes(x.name));
  expect(readers.map(({ outputs }) => outputs[0])).toEqual([y.name]);
});
