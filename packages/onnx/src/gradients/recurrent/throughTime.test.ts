// What is written out gives the gradients of the steps one by one, whatever a node has.
import { random, tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { gradients } from "../../differentiate";
import { encodeModel } from "../../file/encode";
import { GraphBuilder, type Value } from "../../graph/builder";
import type { Attributes } from "../../graph/builder";

const [time, batch, features, hidden] = [5, 3, 4, 2];
const gates = { RNN: 1, GRU: 3, LSTM: 4 };
type Op = keyof typeof gates;

interface Case {
  readonly op: Op;
  readonly direction?: "forward" | "reverse" | "bidirectional";
  readonly attributes?: Attributes;
  /** Whether there are biases, lengths and initial states. */
  readonly has?: readonly ("bias" | "lengths" | "initial")[];
  /** The outputs that the result depends on. */
  readonly outputs?: readonly number[];
  readonly steps?: number;
}

const titleOf = ({ op, direction = "forward", attributes = {}, has = [], outputs = [0], steps = time }: Case) => `${op}, ${direction}, ${JSON.stringify(attributes)}, with ${has.join(" ") || "nothing else"}, by outputs ${outputs.join()}, ${steps} steps`; // prettier-ignore

/** The gradients of all inputs; a clip that reaches nothing leaves the steps to the elementary operators. */
async function gradientsOf(each: Case, written: "out" | "one by one") {
  const { op, direction = "forward", attributes, has = [], outputs = [0], steps = time } = each;
  const numbers = random(3, titleOf(each));
  const directions = direction === "bidirectional" ? 2 : 1;
  const feeds: Record<string, ort.Tensor> = {};
  const g = new GraphBuilder();
  const input = (name: string, shape: readonly number[]): Value => {
    const size = shape.reduce((a, b) => a * b, 1);
    feeds[name] = new ort.Tensor("float32", Float32Array.from({ length: size }, () => numbers.normal()), shape); // prettier-ignore
    return g.input(name, "float32", shape);
  };
  const rows = gates[op] * hidden;
  const state = (name: string) => (has.includes("initial") ? input(name, [directions, batch, hidden]) : undefined); // prettier-ignore
  const inputs = [
    input("x", [steps, batch, features]),
    input("w", [directions, rows, features]),
    input("r", [directions, rows, hidden]),
    has.includes("bias") ? input("b", [directions, 2 * rows]) : undefined,
    has.includes("lengths") ? g.constant(tensor("int32", [batch], [2, steps, 1])) : undefined,
    state("h"),
    ...(op === "LSTM" ? [state("c")] : []),
  ];
  const ys = g.ops(
    op,
    inputs,
    {
      hidden_size: hidden,
      direction,
      ...(written === "one by one" && { clip: 1e6 }),
      ...attributes,
    },
    { outputs: op === "LSTM" ? 3 : 2 },
  );
  const sums = outputs.map((i) => {
    const factors = Array.from({ length: (ys[i]!.shape as number[]).reduce((a, b) => a * b, 1) }, () => numbers.normal()); // prettier-ignore
    return g.reduceSum(g.mul(ys[i]!, g.constant(tensor("float32", ys[i]!.shape as number[], factors))), { keepdims: false }); // prettier-ignore
  });
  const names = Object.keys(feeds);
  gradients(g, sums.reduce((a, b) => g.add(a, b)), names.map((name) => g.value(name))).forEach((dx, i) => g.output(dx, `d${names[i]}`)); // prettier-ignore
  const model = g.build();
  const session = await ort.InferenceSession.create(encodeModel(model), { intraOpNumThreads: 1, logSeverityLevel: 3 }); // prettier-ignore
  try {
    const results = await session.run(feeds);
    return { nodes: model.graph.nodes.length, gradients: names.map((name) => [...(results[`d${name}`]!.data as Float32Array)]) }; // prettier-ignore
  } finally {
    await session.release();
  }
}

const bias = ["bias"] as const;
const all = ["bias", "lengths", "initial"] as const;
const cases: Case[] = [
  ...(["RNN", "GRU", "LSTM"] as const).flatMap((op): Case[] => [
    { op },
    { op, has: bias, direction: "reverse" },
    { op, has: all, outputs: [0, 1] },
    { op, has: all, outputs: [0, 1], direction: "reverse" },
    { op, has: all, outputs: [0, 1], direction: "bidirectional" },
    { op, has: ["initial"], outputs: [1], direction: "bidirectional" },
    { op, has: ["bias", "initial"], outputs: [0], steps: 1 },
  ]),
  { op: "GRU", has: all, outputs: [0, 1], attributes: { linear_before_reset: 1 } },
  { op: "GRU", has: all, outputs: [1], attributes: { linear_before_reset: 1 }, direction: "bidirectional" }, // prettier-ignore
  { op: "GRU", attributes: { linear_before_reset: 1 }, direction: "reverse" },
  { op: "GRU", has: bias, attributes: { activations: ["HardSigmoid", "Relu"], activation_alpha: [0.3] } }, // prettier-ignore
  { op: "RNN", has: all, outputs: [0, 1], attributes: { activations: ["Relu"] } },
  { op: "RNN", has: all, attributes: { activations: ["Affine"], activation_alpha: [0.4], activation_beta: [0.1] } }, // prettier-ignore
  { op: "LSTM", has: all, outputs: [0, 1, 2], direction: "bidirectional" },
  { op: "LSTM", has: all, outputs: [2] },
  { op: "LSTM", has: bias, attributes: { activations: ["HardSigmoid", "Relu", "Affine"], activation_alpha: [0.25, 0.6] } }, // prettier-ignore
];

it.each(cases.map((each) => [titleOf(each), each] as const))("%s", async (_, each) => {
  const [out, steps] = [await gradientsOf(each, "out"), await gradientsOf(each, "one by one")];
  expect(out.nodes).toBeLessThan(steps.nodes);
  for (const [i, expected] of steps.gradients.entries()) {
    const largest = Math.max(1, ...expected.map(Math.abs));
    const apart = out.gradients[i]!.map((value, k) => Math.abs(value - expected[k]!) / largest);
    expect(Math.max(...apart), `input ${i}`).toBeLessThan(2e-6);
  }
});
