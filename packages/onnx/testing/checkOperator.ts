// The one check of every operator's shape rule: what ONNX Runtime returns is what the rule told.
import { random, sizeOf, tensor, type Tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { expect } from "vitest";
import { GraphBuilder, defaultOpset, type Value } from "../src/builder";
import { encodeModel } from "../src/encode";
import type { Dim } from "../src/model";
import type { Operator, OperatorSample } from "../src/operator";

/** Runs a sample twice: with its extents known, and with all of them free and given names. */
export async function checkOperator(operator: Operator, sample: OperatorSample): Promise<void> {
  for (const free of [false, true]) {
    const { g, feeds, outputs } = sampleGraph(operator, sample, free);
    const got = await run(g, feeds);
    outputs.forEach(({ name, dtype, shape }) => {
      const real = got[name]!;
      expect(real.type, "dtype").toBe(dtype);
      if (!free)
        expect(shape, "shape").toEqual(
          sampleIsOpen.has(operator.op) ? expect.anything() : real.dims,
        );
      expect(
        fits(shape, real.dims, g.inputs, feeds),
        `${JSON.stringify(shape)}, got ${JSON.stringify(real.dims)}`,
      ).toBe(true);
    });
  }
}

/** Operators whose results' extents depend on data. */
const sampleIsOpen = new Set(["NonZero", "Compress"]);

/** A graph of the one operator: shapes are inputs, tensors constants. */
export function sampleGraph(operator: Operator, sample: OperatorSample, free = false) {
  const opset = Math.min(Math.max(defaultOpset, operator.since ?? 1), operator.until ?? Infinity);
  const g = new GraphBuilder({ opset });
  const feeds = new Map<string, Tensor>();
  const inputs = sample.inputs.map((input, i): Value | undefined => {
    if (input === undefined) return undefined;
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

/** What ONNX Runtime returns for a graph. */
export async function run(g: GraphBuilder, feeds: ReadonlyMap<string, Tensor>) {
  const session = await ort.InferenceSession.create(encodeModel(g.build()), {
    logSeverityLevel: 3,
    graphOptimizationLevel: "disabled",
  });
  try {
    return await session.run(
      Object.fromEntries(
        [...feeds].map(([name, { dtype, shape, data }]) => [
          name,
          new ort.Tensor(dtype, data, shape),
        ]),
      ),
    );
  } finally {
    await session.release();
  }
}

/** Whether a real shape is one that was told: numbers equal, names as the inputs bind them. */
function fits(
  told: readonly Dim[] | undefined,
  real: readonly number[],
  inputs: readonly Value[],
  feeds: ReadonlyMap<string, Tensor>,
): boolean {
  const bound = new Map<string, number>();
  for (const { name, shape } of inputs)
    shape?.forEach((dim, i) => {
      if (typeof dim === "string") bound.set(dim, feeds.get(name)!.shape[i]!);
    });
  if (!told) return true;
  return (
    told.length === real.length &&
    told.every(
      (dim, i) => dim === undefined || (typeof dim === "string" ? bound.get(dim) : dim) === real[i],
    )
  );
}
