// The one check of every operator's shape rule: what ONNX Runtime returns is what the rule told.
import type { Tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { expect } from "vitest";
import type { GraphBuilder, Value } from "../src/graph/builder";
import { encodeModel } from "../src/file/encode";
import type { Dim } from "../src/model/model";
import type { Operator, OperatorSample } from "../src/operators/operator";
import { sampleGraph } from "./sampleGraph";

/** Runs a sample twice: with its extents known, and with all of them free and given names. */
export async function checkOperator(operator: Operator, sample: OperatorSample): Promise<void> {
  for (const isFree of [false, true]) {
    const { g, feeds, outputs } = sampleGraph(operator, sample, { free: isFree });
    const got = await run(g, feeds);
    outputs.forEach(({ name, dtype, shape }) => {
      const actual = got[name]!;
      expect(actual.type, "dtype").toBe(dtype);
      if (!isFree)
        expect(shape, "shape").toEqual(
          sampleIsOpen.has(operator.op) ? expect.anything() : actual.dims,
        );
      expect(
        isConsistent(shape, actual.dims, g.inputs, feeds),
        `${JSON.stringify(shape)}, got ${JSON.stringify(actual.dims)}`,
      ).toBe(true);
    });
  }
}

/** Operators whose results' extents depend on data. */
const sampleIsOpen = new Set(["NonZero", "NonMaxSuppression", "Unique"]);

/** What ONNX Runtime returns for a graph. */
export async function run(g: GraphBuilder, feeds: ReadonlyMap<string, Tensor>) {
  const session = await ort.InferenceSession.create(encodeModel(g.build()), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1, // of graphs this small a second one only waits
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
function isConsistent(
  inferred: readonly Dim[] | undefined,
  actual: readonly number[],
  inputs: readonly Value[],
  feeds: ReadonlyMap<string, Tensor>,
): boolean {
  const bound = new Map<string, number>();
  for (const { name, shape } of inputs)
    shape?.forEach((dim, i) => {
      if (typeof dim === "string") bound.set(dim, feeds.get(name)!.shape[i]!);
    });
  if (!inferred) return true;
  // "2*x0.1" is a product.
  const extent = (dim: string) =>
    dim.split("*").reduce((p, part) => p * (bound.get(part) ?? Number(part)), 1);
  return (
    inferred.length === actual.length &&
    inferred.every(
      (dim, i) => dim === undefined || (typeof dim === "string" ? extent(dim) : dim) === actual[i],
    )
  );
}
