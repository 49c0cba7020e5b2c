// Local functions: models and numbers of fixtures/functions/make_fixtures.py, and mistakes by hand.
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import cases from "../../fixtures/functions/functions.json" with { type: "json" };
import { decodeModel } from "../file/decode";
import { encodeModel } from "../file/encode";
import type { LocalFunction, Node, OnnxModel } from "../model/model";
import { differentiate } from "../differentiate";
import { GraphBuilder } from "./builder";
import { checkModel, problemsOf } from "./check";
import { inferShapes } from "./inferShapes";
import { inlineFunctions } from "./inlineFunctions";

const read = (name: string) =>
  decodeModel(readFileSync(new URL(`../../fixtures/functions/${name}.onnx`, import.meta.url)));

async function run(model: OnnxModel, inputs: Readonly<Record<string, Numbers>>) {
  const session = await ort.InferenceSession.create(encodeModel(model), { logSeverityLevel: 3 });
  try {
    const feeds = session.inputNames.map((name) => {
      const { shape, data } = inputs[name]!;
      return shape.length === 0
        ? [name, new ort.Tensor("bool", Uint8Array.from(data), [])]
        : [name, new ort.Tensor("float32", Float32Array.from(data), shape)];
    });
    const results = await session.run(Object.fromEntries(feeds));
    return model.graph.outputs.map(({ name }) => results[name]!);
  } finally {
    await session.release();
  }
}

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

describe.each(Object.entries(cases))("%s", (name, { inputs, outputs }) => {
  it.each([
    ["inlined", inlineFunctions],
    ["loaded", (model: OnnxModel) => GraphBuilder.from(model).build()],
  ])("%s computes what the model computes", async (_, inline) => {
    const model = read(name);
    const inlined = inline(model);
    expect(inlined.functions ?? []).toEqual([]);
    checkModel(inlined);
    const got = await run(inlined, inputs as Record<string, Numbers>);
    got.forEach(({ dims, data }, i) => {
      expect(dims).toEqual(outputs[i]!.shape);
      expect([...(data as Float32Array)]).toEqual(
        outputs[i]!.data.map((y) => expect.closeTo(y, 5)),
      );
    });
  });

  it("passes the check and is inferred as it is", () => {
    const model = read(name);
    expect(problemsOf(model)).toEqual([]);
    const values = inferShapes(model);
    model.graph.outputs.forEach((y, i) =>
      expect(values.get(y.name)!.shape).toEqual(outputs[i]!.shape),
    );
  });

  it("has a gradient", () => {
    const model = read(name);
    const options = { of: model.graph.outputs[0]!.name, withRespectTo: ["x"] };
    expect(differentiate(model, options).graph.outputs.at(-1)!.name).toBe("gradient/x");
  });
});

const node = (op: string, inputs: string[], outputs: string[], domain = ""): Node => ({
  op,
  domain,
  name: "",
  inputs,
  outputs,
  attributes: {},
});

const localFunction = (
  name: string,
  nodes: readonly Node[],
  properties: Partial<LocalFunction> = {},
): LocalFunction => ({
  name,
  domain: "f",
  inputs: ["x"],
  outputs: ["y"],
  attributes: [],
  defaults: {},
  nodes,
  opsets: { "": 18, f: 1 },
  values: new Map(),
  ...properties,
});

/** A model whose one node calls the first function. */
const calling = (...functions: readonly LocalFunction[]): OnnxModel => ({
  irVersion: 8,
  opsets: { "": 18, f: 1 },
  producer: "",
  metadata: new Map(),
  functions,
  graph: {
    name: "g",
    nodes: [node(functions[0]!.name, ["x"], ["y"], "f")],
    initializers: new Map(),
    inputs: [{ name: "x", dtype: "float32", shape: [2, 4] }],
    outputs: [{ name: "y", dtype: "float32", shape: undefined }],
    values: new Map(),
  },
});

describe("what cannot be inlined", () => {
  it.each<[string, OnnxModel, string, RegExp]>([
    [
      "a function that calls itself",
      calling(localFunction("a", [node("a", ["x"], ["y"], "f")])),
      "bad-model",
      /calls itself: a → a/,
    ],
    [
      "functions that call each other",
      calling(
        localFunction("a", [node("b", ["x"], ["y"], "f")]),
        localFunction("b", [node("a", ["x"], ["y"], "f")]),
      ),
      "bad-model",
      /calls itself: a → b → a/,
    ],
    [
      "an attribute that must be given",
      calling(localFunction("a", [node("Relu", ["x"], ["y"])], { attributes: ["slope"] })),
      "bad-model",
      /attribute "slope" is missing/,
    ],
    [
      "more inputs than the function has",
      calling(localFunction("a", [node("Relu", ["x"], ["y"])], { inputs: [] })),
      "bad-model",
      /got 1 inputs and 1 outputs; the function has 0 and 1/,
    ],
    [
      "a function of another version of a domain",
      calling(localFunction("a", [node("Relu", ["x"], ["y"])], { opsets: { "": 18, f: 2 } })),
      "unsupported",
      /of opset 2 of domain "f", the model of 1/,
    ],
    [
      "calls that grow without end",
      calling(
        ...Array.from({ length: 24 }, (_, i) =>
          localFunction(
            `f${i}`,
            i === 23
              ? [node("Relu", ["x"], ["y"])]
              : [node(`f${i + 1}`, ["x"], ["a"], "f"), node(`f${i + 1}`, ["a"], ["y"], "f")],
          ),
        ),
      ),
      "unsupported",
      /more than 1000000 nodes/,
    ],
    [
      "calls that nest without end",
      calling(
        ...Array.from({ length: 20_000 }, (_, i) =>
          localFunction(
            `f${i}`,
            i === 19_999 ? [node("Relu", ["x"], ["y"])] : [node(`f${i + 1}`, ["x"], ["y"], "f")],
          ),
        ),
      ),
      "unsupported",
      /nest more than 1000 deep, at "f1000"/,
    ],
  ])("%s", (_, model, code, message) => {
    expect(() => inlineFunctions(model)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
    expect(problemsOf(model).map((problem) => problem.message).join()).toMatch(message); // prettier-ignore
  });

  it("is not calls as deep as a thousand", () => {
    const functions = Array.from({ length: 1_000 }, (_, i) =>
      localFunction(`f${i}`, [
        i === 999 ? node("Relu", ["x"], ["y"]) : node(`f${i + 1}`, ["x"], ["y"], "f"),
      ]),
    );
    const { graph } = inlineFunctions(calling(...functions));
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Relu"]);
  });

  it("nodes that another operator set means otherwise", () => {
    const model = calling(
      localFunction(
        "a",
        [
          {
            ...node("GroupNormalization", ["x", "x", "x"], ["y"]),
            attributes: { num_groups: { type: "int", value: 2 } },
          },
        ],
        { opsets: { "": 20 } },
      ),
    );
    expect(() => inlineFunctions({ ...model, opsets: { "": 21, f: 1 } })).toThrow(
      expect.objectContaining({
        code: "unsupported",
        message: expect.stringContaining("of opset 20 is not the same in opset 21"),
      }),
    );
  });
});

it("an output that is an input is a copy", async () => {
  const passThrough = localFunction("a", [node("Neg", ["x"], ["z"])], { outputs: ["x", "z", "x"] });
  const model = calling(passThrough);
  const graph = { ...model.graph, nodes: [node("a", ["x"], ["y", "", "w"], "f")] };
  const inlined = inlineFunctions({ ...model, graph });
  expect(inlined.graph.nodes.map(({ op }) => op)).toEqual(["Neg", "Identity", "Identity"]);
  const data = [1, 2, 3, 4, 5, 6, 7, 8];
  const [y] = await run(inlined, { x: { shape: [2, 4], data } });
  expect([...(y!.data as Float32Array)]).toEqual(data);
});
