// What is not refused or answered here would end the test's own process, or never return.
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { encodeModel, GraphBuilder, guardEmpty, type Dim, type Value } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { initialize } from "../../initializers/initialize";
import { open } from "../../open";
import { openTrainStep } from "../../openTrainStep";

const empty = (...shape: number[]) => tensor("float32", shape, []);

function graph(shape: readonly Dim[], body: (g: GraphBuilder, x: Value) => readonly Value[]) {
  const g = new GraphBuilder();
  body(g, g.input("x", "float32", shape)).forEach((value, i) => g.output(value, `y${i}`));
  return g.build();
}
const zeros = (...shape: number[]) => tensor("float32", shape);

describe.each(["onnx", "tfjs"] as const)("no examples, engine %s", (engine) => {
  it.each([
    ["LSTM", {}, [3]],
    ["GRU", {}, [3]],
    ["GRU", { return_sequences: true }, [4, 3]],
    ["SimpleRNN", {}, [3]],
  ] as const)("%s %o", async (className, config, shape) => {
    const net = functional("net");
    const x = net.input([4, 2]);
    const model = net.model([x], [net.layer(className, { units: 3, ...config }, x)]);
    const weights = initialize(model, { seed: 1 });
    await using session = await open(model, weights, { engine, device: "cpu" });
    expect(await session.predict(empty(0, 4, 2))).toEqual(empty(0, ...shape));
    expect((await session.predict(zeros(2, 4, 2))).shape).toEqual([2, ...shape]);
  });
});

describe("empty tensors in ONNX graphs", () => {
  it("answers with shapes that the standard tells, where ONNX Runtime's are wrong", async () => {
    const model = graph(["rows", 2], (g, x) => [g.argMax(x, { axis: -1, keepdims: true })]);
    await using session = await open(model);
    const y = await session.predict(empty(0, 2));
    expect(y).toEqual({ dtype: "int64", shape: [0, 1], data: new BigInt64Array(0) });
  });

  it("runs what ONNX Runtime computes of them", async () => {
    const model = graph(["rows", 2], (g, x) => [g.reduceSum(x, { axes: [0], keepdims: false })]);
    await using session = await open(model);
    expect([...(await session.predict(empty(0, 2))).data]).toEqual([0, 0]);
  });

  it.each([false, true])("refuses a TopK without rows, from bytes: %s", async (bytes) => {
    const model = graph(["rows", 4], (g, x) => [
      g.reduceSum(g.topK(x, 2)[0], { axes: [0], keepdims: false }),
    ]);
    await using session = await open(bytes ? encodeModel(model) : model);
    await expect(session.predict(empty(0, 4))).rejects.toMatchObject({
      code: "unsupported",
      facts: { op: "TopK", shapes: [[0, 4], [1]] },
    });
    expect([...(await session.predict(tensor("float32", [1, 4], [1, 3, 2, 0]))).data]).toEqual([3, 2]); // prettier-ignore
  });

  it.each(["LSTM", "GRU"] as const)("refuses an %s without examples", async (op) => {
    const model = graph(["steps", "batch", 3], (g, x) => {
      const gates = { LSTM: 4, GRU: 3 }[op];
      const [w, r] = [g.constant(zeros(1, gates * 2, 3)), g.constant(zeros(1, gates * 2, 2))];
      const none = undefined;
      const [y] =
        op === "LSTM"
          ? g.lstm(x, w, r, none, none, none, none, none, { hidden_size: 2 })
          : g.gru(x, w, r, none, none, none, { hidden_size: 2 });
      return [g.reduceSum(y, { keepdims: false })];
    });
    await using session = await open(model);
    for (const shape of [
      [4, 0, 3],
      [0, 2, 3],
    ])
      // prettier-ignore
      await expect(session.predict(empty(...shape))).rejects.toMatchObject({
        code: "unsupported",
        facts: { op },
      });
    expect([...(await session.predict(zeros(4, 2, 3))).data]).toEqual([0]);
  });

  it("refuses a convolution without channels when it is opened", async () => {
    const model = graph(["batch", 0, 5, 5], (g, x) => [
      g.conv(x, g.initializer("w", zeros(2, 0, 3, 3))),
    ]);
    await expect(open(model)).rejects.toMatchObject({ code: "unsupported", facts: { op: "Conv" } });
  });

  it("refuses a tensor that becomes empty on the way", async () => {
    // The first row is left out: of one row nothing is left.
    const model = graph(["rows", 4], (g, x) => [
      g.reduceSum(g.topK(g.slice(x, { starts: [1], ends: [1000], axes: [0] }), 2)[0], { axes: [0] }), // prettier-ignore
    ]);
    await using session = await open(model);
    await expect(session.predict(zeros(1, 4))).rejects.toMatchObject({ facts: { op: "TopK" } });
    expect((await session.predict(zeros(2, 4))).shape).toEqual([1, 2]);
  });

  it("refuses a reduction over a negative axis, which ONNX Runtime would leave as it is", async () => {
    const model = graph(["rows", 3], (g, x) => [
      g.shape(g.reduceMean(x, { axes: [-1], keepdims: false })),
    ]);
    await using session = await open(model);
    await expect(session.predict(empty(0, 3))).rejects.toMatchObject({ facts: { op: "ReduceMean" } }); // prettier-ignore
    expect([...(await session.predict(zeros(2, 3))).data]).toEqual([2n]);
  });
});

describe("tensors that data leave empty", () => {
  const firsts = (g: GraphBuilder, x: Value) =>
    g.squeeze(g.slice(x, { starts: [0], ends: [1], axes: [1] }), [1]);
  /** The rows whose first number is not 0. */
  const chosen = (g: GraphBuilder, x: Value) =>
    g.gather(x, g.squeeze(g.nonZero(firsts(g, x)), [0]), { axis: 0 });
  const firstRows = (g: GraphBuilder, x: Value) =>
    g.compress(x, g.cast(firsts(g, x), "bool"), { axis: 0 });

  const cases: Readonly<Record<string, (g: GraphBuilder, x: Value) => Value>> = {
    "TopK after Compress": (g, x) => g.topK(firstRows(g, x), 1)[0],
    "TopK after NonZero": (g, x) =>
      g.topK(g.cast(g.transpose(g.nonZero(x), [1, 0]), "float32"), 1)[0],
    "LSTM after Compress": (g, x) =>
      g.lstm(
        g.unsqueeze(firstRows(g, x), [1]),
        g.constant(zeros(1, 8, 3)),
        g.constant(zeros(1, 8, 2)),
        ...([undefined, undefined, undefined, undefined, undefined] as const),
        { hidden_size: 2 },
      )[0],
    "GRU after NonZero and Gather": (g, x) =>
      g.gru(
        g.unsqueeze(chosen(g, x), [1]),
        g.constant(zeros(1, 6, 3)),
        g.constant(zeros(1, 6, 2)),
        ...([undefined, undefined, undefined] as const),
        { hidden_size: 2 },
      )[0],
  };

  it.each(Object.keys(cases))(
    "%s: computed where there are rows, refused where none",
    async (name) => {
      const model = graph([2, 3], (g, x) => [g.reduceSum(cases[name]!(g, x), { keepdims: false })]);
      for (const source of [model, encodeModel(model)]) {
        await using session = await open(source);
        const y = await session.predict(tensor("float32", [2, 3], [1, 5, 2, 1, 1, 3]));
        expect(y.shape).toEqual([]);
        if (name === "TopK after Compress") expect([...y.data]).toEqual([8]);
        await expect(session.predict(zeros(2, 3))).rejects.toMatchObject({
          code: "unsupported",
          facts: { op: name.split(" ")[0] },
          message: expect.stringContaining("that data left empty"),
        });
        // The session goes on.
        expect(await session.predict(tensor("float32", [2, 3], [1, 5, 2, 1, 1, 3]))).toEqual(y);
      }
    },
  );

  it.each([false, true])(
    "is refused in training too, on a thread of its own: %s",
    async (worker) => {
      const model = graph([2, 3], (g, x) => {
        const features = cases["GRU after NonZero and Gather"]!(g, x);
        return [g.mul(g.reduceSum(features), g.initializer("w", tensor("float32", [2], [1, 2])))];
      });
      const weights = [...model.graph.initializers].filter(([, { shape }]) => shape.length === 3);
      const step = await openTrainStep(model, {
        frozen: weights.map(([name]) => name),
        loss: { name: "sum", compute: (ops, _, yPred) => ops.reduceSum(yPred) },
        optimizer: { name: "none", learningRate: () => 0, slots: {}, update: (_, { parameter }) => ({ parameter, slots: {} }) }, // prettier-ignore
        worker,
      });
      const y = zeros(2, 1);
      await expect(step.run({ x: zeros(2, 3), y })).rejects.toMatchObject({ code: "unsupported", facts: { op: "GRU" } }); // prettier-ignore
      // The step goes on.
      const { loss } = await step.run({ x: tensor("float32", [2, 3], [1, 5, 2, 1, 1, 3]), y });
      expect(loss).toBe(0);
      await step.dispose();
    },
  );

  it("changes nothing where inputs alone decide", async () => {
    const model = graph(["rows", 4], (g, x) => [g.topK(x, 2)[0]]);
    expect(guardEmpty(model)).toEqual({ model, guards: new Map() });
  });
});
