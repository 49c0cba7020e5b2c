// Recurrent nodes with the batch first are those with the steps first, their inputs and outputs transposed: the
// definition of `layout` in ONNX Operators, LSTM-14.
import { random, sizeOf, tensor, type Tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { gradients } from "../differentiate";
import { GraphBuilder } from "./builder";
import { timeFirst } from "./timeFirst";

const numbers = random(1, "layout");
const noise = (shape: readonly number[]) =>
  tensor(
    "float32",
    shape,
    Array.from({ length: sizeOf(shape) }, () => numbers.normal()),
  );

/** [a, b, …] → [b, a, …] */
function swapFirstAxes({ shape: [a, b, ...rest], data }: Tensor): Tensor<"float32"> {
  const row = sizeOf(rest);
  const at = (i: number, j: number) => (data as Float32Array).subarray((i * b! + j) * row, (i * b! + j + 1) * row); // prettier-ignore
  const rows = Array.from({ length: b! }, (_, j) => Array.from({ length: a! }, (_, i) => [...at(i, j)])); // prettier-ignore
  return tensor("float32", [b!, a!, ...rest], rows.flat(2));
}

const cells = [["RNN", 1, 1], ["GRU", 3, 1], ["LSTM", 4, 2]] as const; // prettier-ignore

it.each(cells)("%s computes and gives gradients so", async (op, gates, states) => {
  const [batch, steps, features, units] = [2, 3, 4, 5];
  const x = noise([steps, batch, features]);
  const w = noise([2, gates * units, features]);
  const r = noise([2, gates * units, units]);
  const h = noise([2, batch, units]);
  const lengths = tensor("int32", [batch], [3, 2]);
  const results = async (layout: 0 | 1) => {
    const inLayout = (value: Tensor) => (layout === 1 ? swapFirstAxes(value) : value);
    const g = new GraphBuilder();
    const feeds = new Map<string, Tensor>([["x", inLayout(x)], ["h", inLayout(h)]]); // prettier-ignore
    const inputValues = [...feeds].map(([name, { shape }]) => g.input(name, "float32", shape));
    const inputs = [
      inputValues[0],
      g.constant(w),
      g.constant(r),
      undefined,
      g.constant(lengths),
      inputValues[1],
    ];
    const attributes = { hidden_size: units, direction: "bidirectional", layout };
    g.ops(op, inputs, attributes, { outputs: 1 + states }).forEach((y, i) => g.output(y, `y${i}`));
    const model = g.build();
    const timeFirstModel = timeFirst(model);
    expect(timeFirstModel.graph.nodes.some((node) => node.attributes["layout"]?.value === 1)).toBe(
      false,
    );
    // What is loaded is written so, and has gradients, as what was built has before it is loaded.
    const loaded = GraphBuilder.from(model);
    for (const [graph, prefix] of [
      [loaded, "d"],
      [g, "built/d"],
    ] as const) {
      const last = graph.value("y1");
      const target = graph.reduceSum(graph.mul(last, last), { keepdims: false });
      const values = [...feeds.keys()].map((name) => graph.value(name));
      gradients(graph, target, values).forEach((dx, i) => graph.output(dx, `${prefix}${i}`));
    }
    const allResults = [...Object.entries(await run(loaded, feeds)), ...Object.entries(await run(GraphBuilder.from(g.build()), feeds))]; // prettier-ignore
    return Object.fromEntries(
      allResults.map(([name, { dims, data }]) => [
        name,
        tensor("float32", dims, data as Float32Array),
      ]),
    );
  };
  const [timeFirstResults, batchFirst] = [await results(0), await results(1)];
  const close = (got: Tensor, expected: Tensor) => {
    expect(got.shape).toEqual(expected.shape);
    got.data.forEach((value, i) => expect(value).toBeCloseTo(Number(expected.data[i]), 5));
  };
  for (const name of ["y1", "d0", "d1", "built/d0", "built/d1"])
    close(swapFirstAxes(batchFirst[name]!), timeFirstResults[name]!);
  // Y: [batch, steps, directions, units] of [steps, directions, batch, units].
  const y = batchFirst["y0"]!;
  expect(y.shape).toEqual([batch, steps, 2, units]);
  for (let b = 0; b < batch; b++)
    for (let s = 0; s < steps; s++)
      for (let d = 0; d < 2; d++)
        for (let u = 0; u < units; u++)
          expect(y.data[((b * steps + s) * 2 + d) * units + u]).toBeCloseTo(
            Number(timeFirstResults["y0"]!.data[((s * 2 + d) * batch + b) * units + u]),
            5,
          );
});
