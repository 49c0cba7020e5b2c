import { random, tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { encodeModel } from "../file/encode";
import { GraphBuilder, type Value } from "../graph/builder";
import type { OnnxModel } from "../model/model";
import { sampledEarly } from "./sampledEarly";

const numbers = random(4, "sampledEarly");
const weight = (g: GraphBuilder, shape: number[]) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return g.constant(tensor("float32", shape, Float32Array.from({ length: size }, () => numbers.normal()))); // prettier-ignore
};
const conv = (g: GraphBuilder, x: Value, maps: number, k: number, attributes = {}) =>
  g.conv(x, weight(g, [maps, x.shape![1] as number, ...x.shape!.slice(2).map(() => k)]), weight(g, [maps]), attributes); // prettier-ignore
const same = { pads: [1, 1, 1, 1] };
const by2 = { strides: [2, 2] };

/** Where it stands: x → 3 × 3 → relu → 1 × 1 → + x → relu, as in a residual block. */
function residual(g: GraphBuilder, x: Value): Value {
  const inner = g.relu(conv(g, x, 4, 3, same));
  return g.relu(g.add(conv(g, inner, x.shape![1] as number, 1), x));
}

function graph(extents: readonly number[], body: (g: GraphBuilder, x: Value) => Value): OnnxModel {
  const g = new GraphBuilder();
  g.output(body(g, g.input("x", "float32", [2, 6, ...extents])), "y");
  return g.build();
}

async function run(model: OnnxModel, x: Float32Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(encodeModel(model), { intraOpNumThreads: 1 });
  const shape = model.graph.inputs[0]!.shape as number[];
  const { y } = await session.run({ x: new ort.Tensor("float32", x, shape) });
  await session.release();
  return y!.data as Float32Array;
}

const valuesFor = (model: OnnxModel) => {
  const size = (model.graph.inputs[0]!.shape as number[]).reduce((a, b) => a * b, 1);
  return Float32Array.from({ length: size }, () => numbers.normal());
};

/** op and strides of every node with strides, in the order of the graph. */
const stridesIn = (model: OnnxModel) =>
  model.graph.nodes.flatMap(
    ({ op, attributes: { strides } }) =>
    strides && (strides.value as number[]).some((s) => s > 1) ? [`${op} ${String(strides.value)}`] : [], // prettier-ignore
  );

describe.each<[string, readonly number[], (g: GraphBuilder, x: Value) => Value, readonly string[]]>(
  [
    [
      "two residual blocks before two strided readers",
      [9, 8],
      (g, x) => {
        const block = residual(g, residual(g, x));
        return g.add(conv(g, block, 5, 1, by2), conv(g, block, 5, 1, by2));
      },
      ["Conv 2,2", "AveragePool 2,2"],
    ],
    [
      "a chain of activations and normalizations",
      [7, 7],
      (g, x) => {
        const [scale, bias, mean] = [weight(g, [4]), weight(g, [4]), weight(g, [4])];
        const variance = g.constant(tensor("float32", [4], [1, 2, 3, 4]));
        const normal = g.batchNormalization(
          conv(g, x, 4, 3, same),
          scale,
          bias,
          mean,
          variance,
          {},
        );
        const activated = g.clip(g.leakyRelu(normal, { alpha: 0.1 }), { min: -1, max: 6 });
        return conv(g, g.mul(activated, weight(g, [4, 1, 1])), 3, 1, { strides: [3, 2] });
      },
      ["Conv 3,2"],
    ],
    [
      "a window of its own stride, and a pool",
      [17, 15],
      (g, x) => {
        const pooled = g.maxPool(conv(g, x, 4, 3, { ...same, ...by2 }), {
          kernel_shape: [3, 3],
          ...same,
        });
        return conv(g, pooled, 3, 1, by2);
      },
      ["Conv 2,2", "MaxPool 2,2"],
    ],
    [
      "a strided reader of a strided reader",
      [13, 13],
      (g, x) => conv(g, conv(g, conv(g, x, 4, 3, same), 4, 1, by2), 3, 1, by2),
      ["Conv 4,4"],
    ],
    [
      "a pool that takes single pixels",
      [8, 8],
      (g, x) => g.maxPool(conv(g, x, 4, 3, same), { kernel_shape: [1, 1], ...by2 }),
      ["Conv 2,2"],
    ],
    [
      "one extent",
      [11],
      (g, x) => conv(g, g.tanh(conv(g, x, 4, 3, { pads: [1, 1] })), 3, 1, { strides: [2] }),
      ["Conv 2"],
    ],
  ],
)("%s", (_, extents, body, expected) => {
  const model = graph(extents, body);
  const early = sampledEarly(model);

  it("takes the stride", () => expect(stridesIn(early)).toEqual(expected));

  it("gives what it gave", async () => {
    const x = valuesFor(model);
    const [got, wanted] = [await run(early, x), await run(model, x)];
    expect(got.length).toBe(wanted.length);
    got.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 4));
  });

  it("says no shape that no longer holds, and changes nothing twice", () => {
    expect(() => GraphBuilder.from(early)).not.toThrow();
    expect(stridesIn(sampledEarly(early))).toEqual(expected);
  });
});

it("keeps NaN where it samples", async () => {
  const model = graph([4, 4], (g, x) => conv(g, residual(g, residual(g, x)), 2, 1, by2));
  const x = valuesFor(model);
  x[0] = NaN;
  const [got, wanted] = [await run(sampledEarly(model), x), await run(model, x)];
  expect([...got].map(Number.isNaN)).toEqual([...wanted].map(Number.isNaN));
  expect([...got].some(Number.isNaN)).toBe(true);
});

describe("leaves a graph as it is", () => {
  it.each<[string, (g: GraphBuilder, x: Value) => Value]>([
    [
      "where somebody else reads all",
      (g, x) => {
        const y = g.relu(conv(g, x, 4, 3, same));
        return g.add(conv(g, y, 4, 1, by2), g.averagePool(y, { kernel_shape: [2, 2], ...by2 }));
      },
    ],
    [
      "where strides differ",
      (g, x) => {
        const y = g.relu(conv(g, x, 4, 3, same));
        const across = g.transpose(conv(g, y, 4, 1, { strides: [1, 2] }), [0, 1, 3, 2]);
        return g.add(conv(g, y, 4, 1, { strides: [2, 1] }), across);
      },
    ],
    ["where windows overlap the stride", (g, x) => conv(g, g.relu(conv(g, x, 4, 3, same)), 4, 2, by2)], // prettier-ignore
    ["where padding shifts the pixels", (g, x) => conv(g, conv(g, x, 4, 3, same), 4, 1, { ...by2, pads: [1, 1, 0, 0] })], // prettier-ignore
    ["where only activations come before", (g, x) => conv(g, g.relu(g.neg(x)), 4, 1, by2)],
    ["where a sum is of other extents", (g, x) => conv(g, g.relu(g.add(g.neg(x), weight(g, [1, 6, 8, 1]))), 4, 1, by2)], // prettier-ignore
    ["where the paddings depend on the stride", (g, x) => conv(g, conv(g, x, 4, 3, { auto_pad: "SAME_UPPER" }), 4, 1, by2)], // prettier-ignore
  ])("%s", (_, body) => {
    const model = graph([8, 8], body);
    expect(sampledEarly(model)).toBe(model);
  });

  it("where the value is an output, or is to be kept", () => {
    const g = new GraphBuilder();
    const inner = conv(g, g.input("x", "float32", [1, 3, 6, 6]), 4, 3, same);
    g.output(conv(g, inner, 4, 1, by2), "y");
    const model = g.build();
    expect(sampledEarly(model)).not.toBe(model);
    expect(sampledEarly(model, [inner.name])).toBe(model);
    g.output(inner, "inner");
    const withInner = g.build();
    expect(sampledEarly(withInner)).toBe(withInner);
  });
});

it("samples a value once for several readers", () => {
  const model = graph([8, 8], (g, x) => {
    const [a, b] = [
      g.relu(g.add(conv(g, x, 6, 3, same), x)),
      g.relu(g.sub(conv(g, x, 6, 3, same), x)),
    ];
    return conv(g, g.add(a, b), 2, 1, by2);
  });
  expect(stridesIn(sampledEarly(model))).toEqual(["Conv 2,2", "AveragePool 2,2", "Conv 2,2"]);
});
