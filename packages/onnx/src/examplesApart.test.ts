import { tensor, type DType, type Tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { sampleGraph } from "../testing/sampleGraph";
import { encodeModel } from "./file/encode";
import { keepsExamplesApart } from "./examplesApart";
import { GraphBuilder, type Value } from "./graph/builder";
import { contextOf } from "./graph/infer";
import { operators } from "./operators";
import type { Operator, OperatorSample } from "./operators/operator";

/** Their results are other ones in each run, or in each place. */
const random = new Set(["RandomNormalLike", "RandomUniformLike", "Bernoulli", "Dropout"]);

/** How the inputs of a sample may hold the examples of a batch. */
interface Placing {
  readonly count: number;
  readonly axes: readonly (number | undefined)[];
}

/** Every way in which inputs that are fed hold the same number of examples, two at least. */
function placings(shapes: readonly (readonly number[] | undefined)[]): Placing[] {
  const counts = new Set(shapes.flatMap((shape) => (shape ?? []).flatMap(divisors)));
  return [...counts].flatMap((count) => {
    let all: (number | undefined)[][] = [[]];
    for (const shape of shapes) {
      const axes = (shape ?? []).flatMap((extent, axis) => extent > 0 && extent % count === 0 ? [axis] : []); // prettier-ignore
      all = all.flatMap((list) => [undefined, ...axes].map((axis) => [...list, axis]));
    }
    const some = all.filter((axes) => axes.some((axis) => axis !== undefined));
    return some.map((axes) => ({ count, axes }));
  });
}

const divisors = (n: number) =>
  Array.from({ length: Math.max(0, n - 1) }, (_, i) => i + 2).filter((d) => n % d === 0);

/** A tensor whose example `e` is that of `from(e)`, with its numbers as `change` makes them. */
function rearranged(
  { dtype, shape, data }: Tensor,
  axis: number,
  count: number,
  from: (e: number) => number,
  change = (x: number, _e: number) => x,
): Tensor {
  const result = tensor(dtype, shape);
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const extent = shape[axis]!;
  const size = extent / count;
  for (let i = 0; i < data.length; i++) {
    const at = Math.floor(i / inner) % extent;
    const e = Math.floor(at / size);
    const source = i + (from(e) - e) * size * inner;
    const number = change(Number(data[source]), from(e));
    result.data[i] = (typeof data[source] === "bigint" ? BigInt(Math.round(number)) : number) as never; // prettier-ignore
  }
  return result;
}

/** What an operator's rule says of a sample, where ONNX Runtime shows the same. */
async function checkRule(operator: Operator, sample: OperatorSample): Promise<number> {
  const { g, feeds, outputs } = sampleGraph(operator, sample, { fed: true });
  const node = g.nodes.at(-1)!;
  const [first, ...others] = node.inputs.map((name) => (name === "" ? undefined : g.find(name)));
  if (!first) return 0;
  const session = await ort.InferenceSession.create(encodeModel(g.build()), {
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
    graphOptimizationLevel: "disabled",
  });
  const run = async (values: ReadonlyMap<string, Tensor>) => {
    const results = await session.run(
      Object.fromEntries([...values].map(([name, { dtype, shape, data }]) => [name, new ort.Tensor(dtype, data, shape)])), // prettier-ignore
    );
    return outputs.map(({ name }) => {
      const { type, dims, data } = results[name]!;
      return tensor(type as DType, [...dims], Array.from(data as Float32Array, Number));
    });
  };
  let claims = 0;
  try {
    const expected = await run(feeds);
    const shapes = node.inputs.map((name) => feeds.get(name)?.shape);
    for (const { count, axes } of placings(shapes)) {
      const place = operator.examples!({
        ...contextOf(node, [first, ...others], g.opset, g),
        inputs: [first, ...others],
        count,
        axes,
        drawn: axes.map(() => false),
        results: outputs.map(({ shape }) => shape as number[]),
      });
      const places = typeof place === "object" ? place : outputs.map(() => place);
      const swap = (e: number) => (e === 0 ? 1 : e === 1 ? 0 : e);
      const where = `${count} examples along ${JSON.stringify(axes)}`;
      const given = (from: (e: number) => number, change?: (x: number, e: number) => number) =>
        new Map(
          node.inputs.flatMap((name, i): [string, Tensor][] => {
            const value = feeds.get(name);
            const axis = axes[i];
            if (!value) return [];
            return [[name, axis === undefined ? value : rearranged(value, axis, count, from, change)]]; // prettier-ignore
          }),
        );
      const swapped = await run(given(swap));
      const otherwise = await run(given((e) => e, changed));
      for (const [i, axis] of places.entries()) {
        const result = outputs[i]!.shape![axis ?? -1];
        // As where rules are asked.
        if (axis === undefined || typeof result !== "number" || result === 0 || result % count > 0) continue; // prettier-ignore
        claims++;
        const inPlace = rearranged(expected[i]!, axis, count, swap);
        expect(numbers(swapped[i]!), `${where}, swapped`).toEqual(numbers(inPlace));
        const others = (value: Tensor) =>
          numbers(rearranged(value, axis, count, (e) => e, (x, e) => (e === 0 ? 0 : x))); // prettier-ignore
        expect(others(otherwise[i]!), `${where}, another one changed`).toEqual(
          others(expected[i]!),
        );
      }
    }
  } finally {
    await session.release();
  }
  return claims;
}

/** Another number for the first example, which is as valid. */
const changed = (x: number, e: number) => (e > 0 ? x : Number.isInteger(x) ? Number(x === 0) : 0.93 - x); // prettier-ignore

const numbers = ({ data }: Tensor) => Array.from(data as Float32Array, (x) => Number(Number(x).toPrecision(5))); // prettier-ignore

/** Of samples with a single image: two of them. */
function withTwo(sample: OperatorSample): OperatorSample[] {
  const [first, ...others] = sample.inputs;
  if (!Array.isArray(first) || first[0] !== 1) return [];
  return [{ ...sample, inputs: [[2, ...(first as number[]).slice(1)], ...others] }];
}

/** Not every operator takes a second image, and not in every form. */
function notTaken(error: Error): number {
  if (error.name === "AssertionError") throw error;
  return 0;
}

const withRule = operators.filter(({ op, examples }) => examples && !random.has(op));

describe("where an operator leaves examples, they are apart in ONNX Runtime, too", () => {
  it.each(withRule.map((operator) => [operator.op, operator as Operator] as const))(
    "%s",
    async (_, operator) => {
      let claims = 0;
      for (const sample of operator.samples) {
        claims += await checkRule(operator, sample);
        for (const two of withTwo(sample)) claims += await checkRule(operator, two).catch(notTaken);
      }
      expect(claims, "placings that the rule knows").toBeGreaterThan(0);
    },
  );
});

describe("a graph keeps examples apart", () => {
  type Body = (g: GraphBuilder, x: Value, seed: Value) => Value;
  const batchOf = (body: Body, count: number, opset?: number) => {
    const g = new GraphBuilder(opset === undefined ? {} : { opset });
    const x = g.input("x", "float32", [count, 6]);
    const seed = g.input("seed", "float32", []);
    return { g, outputs: [body(g, x, seed)], examples: [x], drawn: [seed] };
  };
  const built = (body: Body, counts: readonly [number, number] = [4, 2], opset?: number) => {
    const [whole, part] = counts.map((count) => batchOf(body, count, opset));
    return keepsExamplesApart(whole!, part!);
  };
  const weights = (g: GraphBuilder, shape: number[]) =>
    g.initializer(`w${shape.join()}`, tensor("float32", shape));

  it.each<readonly [string, Body]>([
    ["dense layers", (g, x) => g.relu(g.gemm(x, weights(g, [6, 3]), weights(g, [3])))],
    ["steps as examples", (g, x) => g.reshape(g.matMul(g.reshape(x, [-1, 3]), weights(g, [3, 5])), [x.shape![0] as number, -1])], // prettier-ignore
    ["a softmax of each", (g, x) => g.softmax(x, { axis: -1 })],
    ["time first and back", (g, x) => g.transpose(g.relu(g.transpose(x, [1, 0])), [1, 0])],
    ["shapes that are asked for", (g, x) => g.reshape(g.reshape(x, [-1, 2]), g.shape(x))],
    ["random numbers in their shape", (g, x, seed) => g.mul(x, g.expand(g.sin(seed), g.shape(x)))],
    [
      "random numbers of their own",
      (g, x, seed) => g.mul(x, g.expand(g.sin(seed), [x.shape![0] as number, 6])),
    ],
  ])("%s", (_, body) => {
    expect(built(body)).toBe(true);
  });

  it.each<readonly [string, Body]>([
    ["a mean over the batch", (g, x) => g.sub(x, g.reduceMean(x, { axes: [0] }))],
    ["a softmax over the batch", (g, x) => g.softmax(x, { axis: 0 })],
    ["similarities of all with all", (g, x) => g.matMul(x, g.transpose(x, [1, 0]))],
    [
      "a factor of how many there are",
      (g, x) => g.div(x, g.cast(g.gather(g.shape(x), [0]), "float32")),
    ],
    [
      "numbers of places",
      (g, x) =>
        g.add(
          x,
          g.cast(
            g.unsqueeze(
              g.range(
                g.scalar("int64", 0),
                g.gather(g.shape(x), g.scalar("int64", 0)),
                g.scalar("int64", 1),
              ),
              [1],
            ),
            "float32",
          ),
        ),
    ],
    ["a constant for each place", (g, x) => g.add(x, weights(g, [x.shape![0] as number, 1]))],
    [
      "what others hold, out of order",
      (g, x) => g.reshape(g.transpose(x, [1, 0]), [x.shape![0] as number, 6]),
    ],
    ["a part of the batch", (g, x) => g.concat([g.slice(x, { starts: [0], ends: [2], axes: [0] }), g.slice(x, { starts: [0], ends: [2], axes: [0] })], { axis: 0 })], // prettier-ignore
    ["examples along another axis", (g, x) => g.transpose(x, [1, 0])],
    ["a value that no example has part in", (g) => weights(g, [4, 6])],
    [
      "rows of another length in a smaller batch",
      (g, x) => g.reshape(g.softmax(g.reshape(x, [4, -1])), [-1, 6]),
    ],
    [
      "rows as long as the batch",
      (g, x) =>
        g.reshape(
          g.softmax(
            g.reshape(
              x,
              g.concat([g.shape(x, { start: 1, end: 2 }), g.shape(x, { start: 0, end: 1 })], {
                axis: 0,
              }),
            ),
          ),
          [-1, 6],
        ),
    ],
    ["a factor of how many there are, as a number", (g, x) => g.div(x, x.shape![0] as number)],
    [
      "an attribute of how many there are",
      (g, x) => g.leakyRelu(x, { alpha: 1 / (x.shape![0] as number) }),
    ],
    [
      "pictures of the batch",
      (g, x) =>
        g.slice(g.resize(x, { scales: [2, 1], mode: "nearest" }), {
          starts: [0],
          ends: [x.shape![0] as number],
          axes: [0],
        }),
    ],
    [
      "a scale of each place",
      (g, x) => g.layerNormalization(x, weights(g, [x.shape![0] as number, 6])),
    ],
    [
      "random numbers that are divided by how many there are",
      (g, x, seed) =>
        g.add(
          x,
          g.div(g.expand(g.sin(seed), g.shape(x)), g.cast(g.gather(g.shape(x), [0]), "float32")),
        ),
    ],
    ["random numbers of a seed", (g, x) => g.op("RandomUniformLike", [x], { seed: 3 })],
    ["dropout of a seed", (g, x) => g.dropout(x, { training_mode: true, seed: 3 })],
    ["a graph inside", (g, x) => g.op("If", [g.greater(g.reduceSum(x, { keepdims: false }), 0)], { then_branch: g.subgraph("then", [], (inner) => [inner.identity(x)]), else_branch: g.subgraph("else", [], (inner) => [inner.neg(x)]) })], // prettier-ignore
  ])("not with %s", (_, body) => {
    expect(built(body)).toBe(false);
  });

  it("with a softmax of all behind the last axis, which operator sets before 13 take", () => {
    expect(built((g, x) => g.softmax(x, { axis: 2 }), [4, 2], 11)).toBe(true);
  });

  it("not with statistics of a batch, which operator sets before 14 tell by outputs", () => {
    const normalized = (outputs: number) => (g: GraphBuilder, x: Value) =>
      g.ops("BatchNormalization", [x, ...[1, 2, 3, 4].map((i) => g.initializer(`p${i}`, tensor("float32", [6])))], {}, { outputs })[0]!; // prettier-ignore
    expect(built(normalized(1), [4, 2], 9)).toBe(true);
    expect(built(normalized(5), [4, 2], 9)).toBe(false);
  });

  it("of one example there is nothing to keep apart", () => {
    expect(built((g, x) => g.relu(x), [2, 1])).toBe(false);
    expect(built((g, x) => g.relu(x), [4, 2])).toBe(true);
  });
});
