// Which element types gradients pass through, by PyTorch 2.13 (x.to(type).to(float32) · 3.3): types of
// floating point that ONNX Runtime casts to, rounded on the way back as on the way forth.
import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { gradients } from "../differentiate";
import { GraphBuilder } from "../graph/builder";
import type { ElementType } from "../model/elementType";

const castTo = (type: ElementType) => {
  const g = new GraphBuilder({ opset: 23 });
  const x = g.input("x", "float32", [3]);
  g.output(gradients(g, g.mul(g.cast(g.cast(x, type), "float32"), 3.3), [x])[0]!, "dx");
  return g;
};

describe("the gradient of a cast to and fro", () => {
  it.each<[ElementType, number]>([
    ["float16", 3.30078125],
    ["float64", Math.fround(3.3)],
    ["bfloat16", 3.296875],
    ["float8e4m3fn", 3.25],
    ["float8e5m2", 3.5],
    // Whole numbers and texts move in steps.
    ["int8", 0],
    ["uint8", 0],
    ["bool", 0],
    ["int4", 0],
    ["string", 0],
  ])("%s", async (type, slope) => {
    const g = castTo(type);
    const feeds = new Map([["x", tensor("float32", [3], [1.1, 2, 3])]]);
    const { dx } = await run(g, feeds);
    expect([...(dx!.data as Float32Array)]).toEqual([slope, slope, slope]);
  });
});
