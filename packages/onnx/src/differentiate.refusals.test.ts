// What has no gradient is refused, with the node's name; nothing is taken for a default in silence.
import { isCajalError, tensor, type Tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { run } from "../testing/checkOperator";
import { GraphBuilder } from "./graph/builder";
import { checkDifferentiable, gradients } from "./differentiate";

const int64s = (...values: number[]) => tensor("int64", [values.length], values);

function refusal(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (isCajalError(error, "unsupported")) return error.message;
    throw error;
  }
  throw new Error("was not refused");
}

describe("inputs that are fed at run time", () => {
  it.each(["ReduceSum", "ReduceMax", "ReduceProd", "ReduceMean", "ReduceL2"])(
    "the axes of %s",
    (op) => {
      const g = new GraphBuilder();
      const x = g.input("x", "float32", [2, 3]);
      const y = g.op(op, [x, g.input("axes", "int64", [1])], { keepdims: 0 });
      expect(refusal(() => gradients(g, y, [x]))).toMatch(
        new RegExp(`^node "${op}" \\(${op}\\): its axes \\("axes"\\) are computed at run time`),
      );
    },
  );

  it.each([
    [3, "axes"],
    [4, "steps"],
  ])("input %i of Slice, its %s", (i, what) => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [4, 6]);
    const constants = [int64s(1), int64s(5), int64s(1), int64s(2)].map((each) => g.constant(each));
    constants[i - 1] = g.input("fed", "int64", [1]);
    const y = g.op("Slice", [x, ...constants]);
    expect(refusal(() => gradients(g, y, [x]))).toContain(`node "Slice" (Slice): its ${what}`);
  });

  it("the axes of Pad", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [4, 6]);
    const y = g.op("Pad", [x, g.int64s([1, 1]), undefined, g.input("fed", "int64", [1])]);
    expect(refusal(() => gradients(g, y, [x]))).toContain('node "Pad" (Pad)');
  });

  it("the scales of Resize, and by its region of interest", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [1, 1, 4, 6]);
    const y = g.op("Resize", [x, undefined, g.input("fed", "float32", [4])]);
    expect(refusal(() => gradients(g, y, [x]))).toContain('node "Resize" (Resize): its scales');
    const roi = g.input("roi", "float32", [8]);
    const sizes = g.int64s([1, 1, 3, 3]);
    const crop = g.op("Resize", [x, roi, undefined, sizes], {
      mode: "linear",
      coordinate_transformation_mode: "tf_crop_and_resize",
    });
    expect(refusal(() => gradients(g, crop, [x]))).toContain("regions of interest");
  });

  it("a Dropout's flag: it decides when the graph runs", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [4]);
    const training = g.input("training", "bool", []);
    const y = g.op("Dropout", [x, g.scalar("float32", 0.5), training]);
    g.output(gradients(g, y, [x])[0]!, "dx");
    const feeds = new Map<string, Tensor>();
    feeds.set("x", tensor("float32", [4])).set("training", tensor("bool", [], [0]));
    expect([...((await run(g, feeds)).dx!.data as Float32Array)]).toEqual([1, 1, 1, 1]);
  });
});

describe("values without a way back", () => {
  it("an input that a rule gives nothing for", () => {
    const g = new GraphBuilder();
    const [x, ratio] = [g.input("x", "float32", [4]), g.input("ratio", "float32", [])];
    const y = g.op("Dropout", [x, ratio, g.scalar("bool", 1)]);
    expect(refusal(() => gradients(g, y, [ratio]))).toBe(
      'node "Dropout" (Dropout): it has no gradient by its input 1 ("ratio").',
    );
  });

  it("what the body of a loop reads of the graph around it", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2]);
    const start = g.constant(tensor("float32", [2], [1, 2]));
    const { states } = g.loop(g.input("turns", "int64", []), undefined, [start], (body, _, __, [each]) => ({ states: [body.mul(each!, x)] })); // prettier-ignore
    const [y] = states;
    expect(refusal(() => gradients(g, y!, [x]))).toContain(
      "operator Loop has no gradient here: its number of turns follows from data",
    );
    expect(refusal(() => checkDifferentiable(g, y!, [x]))).toContain("operator Loop");
    // What it does not read, it does not move.
    const z = g.input("z", "float32", [2]);
    expect(gradients(g, g.add(y!, z), [z])[0]!.shape).toEqual([2]);
  });

  it("whole numbers", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "int64", [2]);
    expect(() => gradients(g, g.cast(x, "float32"), [x])).toThrow('value "x" is int64');
  });

  it("values of unknown rank", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", undefined);
    const scale = g.input("scale", "float32", [2]);
    for (const make of [
      () => g.op("ReduceMean", [x]),
      () => g.op("InstanceNormalization", [x, scale, scale]),
      () => g.op("MatMul", [x, x]),
      () => g.op("Concat", [x, x], { axis: 0 }),
      () => g.op("Conv", [x, g.input(g.freshName("w"), "float32", [2, 2, 1, 1])]),
    ]) {
      const y = make();
      expect(refusal(() => gradients(g, y, [x]))).toMatch(/^node "/);
    }
  });
});
