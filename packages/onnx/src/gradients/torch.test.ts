// Gradients at zeros, kinks and limits, where formulas are easily wrong: PyTorch's numbers
// (fixtures/make_gradients.py), and some by hand where no framework has them.
import { readFileSync } from "node:fs";
import { tensor, type DType, type Tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { GraphBuilder, type Attributes } from "../graph/builder";
import { computed } from "../model/elementType";
import { gradients } from "../differentiate";

interface Case {
  readonly name: string;
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly (Input | null)[];
  readonly shape: readonly number[];
  readonly dy: readonly number[];
  /** null where an input is not differentiated by. */
  readonly gradients: readonly (readonly (number | string)[] | null)[];
}

interface Input {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
  readonly constant?: boolean;
}

const file = new URL("../../fixtures/gradients.json", import.meta.url);
const cases = JSON.parse(readFileSync(file, "utf8")) as readonly Case[];

/** The gradients of a case as ONNX Runtime computes them. */
async function gradientsOf(testCase: Omit<Case, "gradients" | "name">, by: readonly number[]) {
  const g = new GraphBuilder();
  const feeds = new Map<string, Tensor>();
  const inputs = testCase.inputs.map((input, i) => {
    if (!input) return undefined;
    const value = tensor(input.dtype, input.shape, input.data.map(Number));
    if (input.constant) return g.initializer(`x${i}`, value);
    feeds.set(`x${i}`, value);
    return g.input(`x${i}`, input.dtype, input.shape);
  });
  const y = g.op(testCase.op, inputs, testCase.attributes);
  expect(y.shape).toEqual(testCase.shape);
  const target = g.mul(y, g.constant(tensor(computed(y.dtype), testCase.shape, testCase.dy)));
  const dxs = gradients(
    g,
    target,
    by.map((i) => inputs[i]!),
  );
  dxs.forEach((dx, k) => g.output(dx, `gradient/${by[k]}`));
  const results = await run(g, feeds);
  return by.map((i) => [...(results[`gradient/${i}`]!.data as Float32Array)]);
}

function expectClose(got: readonly number[], expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  // float32 against PyTorch's float64.
  expected.forEach((value, i) =>
    expect(Math.abs(got[i]! - value), `place ${i}: got ${got[i]}, expected ${value}`).toBeLessThan(
      2e-5 * Math.max(1, Math.abs(value)),
    ),
  );
}

it.each(cases.map((testCase) => [testCase.op, testCase.name, testCase] as const))(
  "%s: %s",
  async (_, __, testCase) => {
    const by = testCase.gradients.flatMap((each, i) => (each ? [i] : []));
    expect(by.length).toBeGreaterThan(0);
    const got = await gradientsOf(testCase, by);
    by.forEach((i, k) => expectClose(got[k]!, testCase.gradients[i]!.map(Number)));
  },
);

describe("by hand", () => {
  const vector = (...data: number[]): Input => ({ dtype: "float32", shape: [data.length], data });
  const resultOf = (op: string, inputs: readonly Input[], attributes: Attributes = {}) =>
    gradientsOf(
      { op, attributes, inputs, shape: inputs[0]!.shape, dy: inputs[0]!.data.map(() => 1) },
      inputs.map((_, i) => i),
    );

  it("Selu has slope gamma at 0, as Keras has it", async () => {
    expectClose((await resultOf("Selu", [vector(0, 1)]))[0]!, [1.05070102, 1.05070102]);
  });

  it("Softmax gives a row that is masked altogether no gradient, where it is left out", async () => {
    // As PyTorch's _safe_softmax is exported. Row 0 is (1/2, 1/2, 0): dx = y (dy − Σ y dy) = (−1, 1, 0) / 4.
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2, 3]);
    const y = g.softmax(x);
    const safe = g.where(g.isNaN(y), 0, y);
    const weights = g.constant(tensor("float32", [2, 3], [0, 1, 5, 3, 4, 5]));
    g.output(gradients(g, g.mul(safe, weights), [x])[0]!, "dx");
    const logits = [0, 0, -Infinity, -Infinity, -Infinity, -Infinity];
    const { dx } = await run(g, new Map([["x", tensor("float32", [2, 3], logits)]]));
    expectClose([...(dx!.data as Float32Array)], [-0.25, 0.25, 0, 0, 0, 0]);
  });

  it("LpNormalization leaves the zero vector where it is", async () => {
    // Of (3, 4): y = x / 5, d Σy / dx = (1 − (7/25) x/5·…) = (4 · (4 − 3), 3 · (3 − 4)) / 125.
    for (const p of [1, 2]) expectClose((await resultOf("LpNormalization", [vector(0, 0)], { p }))[0]!, [0, 0]); // prettier-ignore
    expectClose((await resultOf("LpNormalization", [vector(3, 4)]))[0]!, [4 / 125, -3 / 125]);
  });

  it.each(["SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"])(
    "%s has slope 0 where all labels are ignored, as PyTorch has it",
    async (op) => {
      const labels: Input = { dtype: "int64", shape: [2], data: [-1, -1], constant: true };
      const scores: Input = { dtype: "float32", shape: [2, 3], data: [1, 2, 3, 4, 5, 6] };
      const attributes = { ignore_index: -1 };
      const testCase = { op, inputs: [scores, labels], shape: [], dy: [1], attributes };
      expectClose((await gradientsOf(testCase, [0]))[0]!, [0, 0, 0, 0, 0, 0]);
    },
  );

  it("ReduceLogSumExp of nothing but −∞ is finite", async () => {
    const input: Input = { dtype: "float32", shape: [2], data: ["-Infinity", "-Infinity"] };
    const testCase = {
      op: "ReduceLogSumExp",
      inputs: [input],
      shape: [1],
      dy: [1],
      attributes: {},
    };
    expectClose((await gradientsOf(testCase, [0]))[0]!, [0, 0]);
  });

  it("MeanVarianceNormalization of equal numbers is finite", async () => {
    const input: Input = { dtype: "float32", shape: [1, 1, 1, 3], data: [2, 2, 2] };
    const testCase = { op: "MeanVarianceNormalization", inputs: [input], attributes: {} };
    const [dx] = await gradientsOf({ ...testCase, shape: input.shape, dy: [1, 1, 1] }, [0]);
    expectClose(dx!, [0, 0, 0]);
  });

  it("Pad gives the value that it pads with all that is outside", async () => {
    const pads: Input = { dtype: "int64", shape: [2], data: [2, 1], constant: true };
    const inputs = [vector(5, 6), pads, { dtype: "float32", shape: [], data: [0.5] }] as const;
    const testCase = { op: "Pad", inputs, shape: [5], dy: [1, 2, 4, 8, 16], attributes: {} };
    const [dx, value] = await gradientsOf(testCase, [0, 2]);
    expectClose(dx!, [4, 8]);
    expectClose(value!, [19]);
  });
});
