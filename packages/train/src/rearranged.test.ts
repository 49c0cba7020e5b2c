// Operations that multiply matrices and rearrange elements, for losses of one's own, on both engines.
import { tensor, type Tensor } from "@cajal/core";
import type { Loss, Ops } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { engines } from "../testing/engines";

const float = (shape: readonly number[], values: readonly number[]) =>
  tensor("float32", shape, values);

const expectNear = ({ data }: Tensor, expected: readonly number[]) => {
  expect(data.length).toBe(expected.length);
  expected.forEach((value, i) => expect(Number(data[i])).toBeCloseTo(value, 5));
};

/** Supervised contrastive loss (Khosla et al. 2020, arXiv:2004.11362, equation 2), of labels [batch] and features. */
const contrastive = (temperature: number): Loss => ({
  name: "supervised_contrastive",
  compute(ops, labels, features) {
    const n = ops.extent(features, 0)!;
    const norm = ops.sqrt(ops.reduceSum(ops.mul(features, features), { axes: [-1], keepDims: true })); // prettier-ignore
    const unit = ops.div(features, norm);
    const similarity = ops.div(ops.matMul(unit, ops.transpose(unit)), temperature);
    const eye = ops.reshape(ops.constant(Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0))), [n, n]); // prettier-ignore
    const logs = ops.logSoftmax(ops.sub(similarity, ops.mul(eye, 1e9)));
    const column = ops.reshape(labels, [n, 1]);
    const alike = ops.cast(ops.equal(column, ops.transpose(column)), "float32");
    const positives = ops.sub(alike, eye);
    // Of itself the logarithm is huge, and no positive.
    const chosen = ops.where(ops.greater(positives, 0), logs, 0);
    return ops.neg(ops.div(ops.reduceSum(chosen, { axes: [-1] }), ops.reduceSum(positives, { axes: [-1] }))); // prettier-ignore
  },
});

describe.each(engines)("on $name", (engine) => {
  const a = float([2, 2, 3], [1, 2, 0.5, -1, 0, 3, 0.25, 0.1, -2, 1, 1, 1]);
  const b = float([3, 2], [2, 1, 0, -1, 1, 0.5]);

  it("multiplies matrices, and goes back through both factors", async () => {
    const product = <V>(ops: Ops<V>, { a, b }: Readonly<Record<string, V>>) => ({
      y: ops.matMul(a!, b!),
    });
    const { y } = await engine.compute({ a, b }, product);
    expect(y!.shape).toEqual([2, 2, 2]);
    expectNear(y!, [2.5, -0.75, 1, 0.5, -1.5, -0.85, 3, 0.5]);
    // By hand: sums of b's rows for a, of a's columns for b.
    expectNear(await engine.gradient({ a, b }, product, "a"), Array.from({ length: 4 }, () => [3, -1, 1.5]).flat()); // prettier-ignore
    expectNear(await engine.gradient({ a, b }, product, "b"), [1.25, 1.25, 3.1, 3.1, 2.5, 2.5]);
  });

  it("rearranges, and puts gradients back", async () => {
    const results = await engine.compute({ a, b }, (ops, { a, b }) => ({
      reversed: ops.transpose(a!),
      turned: ops.transpose(a!, [0, 2, 1]),
      rows: ops.reshape(a!, [0, -1]),
      middle: ops.slice(a!, { axis: -1, start: 1, end: -1 }),
      last: ops.slice(a!, { axis: 1, start: -1 }),
      first: ops.slice(b!, { axis: 0, end: 1 }),
      joined: ops.concat([b!, ops.slice(b!, { axis: 1, end: 1 })], -1),
      tanh: ops.tanh(b!),
    }));
    const expected: Record<string, [number[], number[]]> = {
      reversed: [[3, 2, 2], [1, 0.25, -1, 1, 2, 0.1, 0, 1, 0.5, -2, 3, 1]],
      turned: [[2, 3, 2], [1, -1, 2, 0, 0.5, 3, 0.25, 1, 0.1, 1, -2, 1]],
      rows: [[2, 6], [...(a.data as Float32Array)]],
      middle: [[2, 2, 1], [2, 0, 0.1, 1]],
      last: [[2, 1, 3], [-1, 0, 3, 1, 1, 1]],
      first: [[1, 2], [2, 1]],
      joined: [[3, 3], [2, 1, 2, 0, -1, 0, 1, 0.5, 1]],
      tanh: [[3, 2], [2, 1, 0, -1, 1, 0.5].map(Math.tanh)],
    }; // prettier-ignore
    for (const [name, [shape, values]] of Object.entries(expected)) {
      expect(results[name]!.shape, name).toEqual(shape);
      expectNear(results[name]!, values);
    }
    const gradient = await engine.gradient({ b }, (ops, { b }) => {
      const turned = ops.concat([ops.transpose(b!), ops.reshape(b!, [2, 3])], 0);
      return { y: ops.mul(ops.tanh(ops.slice(turned, { axis: 0, start: 1, end: 3 })), 2) };
    }, "b"); // prettier-ignore
    const slope = (x: number) => 2 * (1 - Math.tanh(x) ** 2);
    // The second column of b, and its first three elements once more.
    expectNear(gradient, [slope(2), 2 * slope(1), slope(0), slope(-1), 0, slope(0.5)]);
  });

  it("takes apart, one or several", async () => {
    const { y, column } = await engine.compute({ a, b }, (ops, { a, b }) => {
      const [first, last] = ops.unstack(a!, -3);
      const [column] = ops.unstack(ops.slice(b!, { axis: 1, end: 1 }), 1);
      return { y: ops.sub(first!, last!), column: column! };
    });
    expectNear(y!, [0.75, 1.9, 2.5, -2, -1, 2]);
    expectNear(column!, [2, 0, 1]);
    const gradient = await engine.gradient({ b }, (ops, { b }) => {
      const [, second] = ops.unstack(b!, 0);
      const [all] = ops.unstack(ops.reshape(b!, [1, 3, 2]), 0);
      return { y: ops.concat([ops.mul(ops.reshape(second!, [1, 2]), 3), all!], 0) };
    }, "b"); // prettier-ignore
    expectNear(gradient, [1, 1, 4, 4, 1, 1]);
  });

  it.each([
    ["unstack", (ops: Ops<never>, x: never) => ops.unstack(x, 2)[0]!],
    ["transpose", (ops: Ops<never>, x: never) => ops.transpose(x, [0, 0])],
    ["transpose", (ops: Ops<never>, x: never) => ops.transpose(x, [1, 0, 2])],
    ["slice", (ops: Ops<never>, x: never) => ops.slice(x, { axis: 2 })],
  ])("refuses axes that there are not: %s", async (name, body) => {
    const compute = engine.compute({ b }, (ops, { b }) => ({ y: body(ops as never, b as never) }));
    await expect(compute).rejects.toMatchObject({
      code: "bad-shape",
      message: expect.stringMatching(new RegExp(name, "i")),
    });
  });

  // Numbers of PyTorch 2.13, float64.
  it("computes a loss between examples", async () => {
    const inputs = {
      labels: tensor("int32", [6], [0, 1, 0, 2, 1, 2]),
      features: float([6, 3], [0.5, -1, 2, 1, 0.25, -0.5, 0.3, -0.8, 1.5, -1, 1, 0, 0.9, 0.1, -0.7, -0.6, 1.2, 0.4]), // prettier-ignore
    };
    const compute = <V>(ops: Ops<V>, { labels, features }: Readonly<Record<string, V>>) => ({
      y: contrastive(0.5).compute(ops, labels!, features!),
    });
    expectNear(
      (await engine.compute(inputs, compute)).y!,
      [0.24611, 0.253274, 0.238274, 0.227076, 0.212718, 0.310035],
    );
    expectNear(
      await engine.gradient(inputs, compute, "features"),
      [
        0.0948499, 0.1506725, 0.0516238, 0.1521146, 0.2667375, 0.437598, 0.0573415, 0.1647261,
        0.0763856, -0.0465992, -0.0465992, -0.094366, 0.0328854, 0.0369218, 0.0475558, 0.4691496,
        0.0905765, 0.4319949,
      ],
    );
  });
});
