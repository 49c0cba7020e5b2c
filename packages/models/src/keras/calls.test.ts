// Nested models called several times: which call a reference means, in each form of JSON.
import { readFileSync } from "node:fs";
import { tensor, type Tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { runOnnx } from "../../testing/runOnnx";
import { toOnnx } from "../lower/lower";
import type { LayerEntry } from "./config";
import { readKeras } from "./readKeras";
import { toKerasJson } from "../toKerasJson";

interface Case {
  readonly model: object;
  readonly x: readonly (readonly number[])[];
  readonly y: readonly (readonly (readonly number[])[])[];
}

const cases: Record<string, Case> = JSON.parse(
  readFileSync(new URL("../../fixtures/calls.json", import.meta.url), "utf8"),
);

const predict = async (model: object, x: Tensor) =>
  Object.values(await runOnnx(toOnnx(model, new Map()), { x })).map(({ data }) => [...data]);

describe.each(Object.entries(cases))("%s", (_, { model, x, y }) => {
  const input = tensor("float32", [1, 2], x.flat());
  const expected = y.map((each) => each.flat());
  it("as Keras 3 writes it", async () => {
    expect(await predict(model, input)).toEqual(expected);
  });
  it("as Keras 2 and TF.js write it", async () => {
    const writtenJson = toKerasJson(model);
    expect(await predict(writtenJson, input)).toEqual(expected);
    expect(toKerasJson(writtenJson)).toEqual(writtenJson);
  });
  it("read twice", () => expect(readKeras(readKeras(model))).toEqual(readKeras(model)));
});

describe("calls in lists", () => {
  const doubling = {
    name: "d",
    layers: [
      {
        class_name: "InputLayer",
        name: "i",
        config: { batch_input_shape: [null, 1] },
        inbound_nodes: [],
      },
      {
        class_name: "Rescaling",
        name: "r",
        config: { scale: 2 },
        inbound_nodes: [[["i", 0, 0, {}]]],
      },
    ],
    input_layers: [["i", 0, 0]],
    output_layers: [["r", 0, 0]],
  };
  const calledTwice = (first: number, outputCall: number) => {
    const x: LayerEntry = {
      class_name: "InputLayer",
      name: "x",
      config: { batch_input_shape: [null, 1] },
      inbound_nodes: [],
    };
    const d: LayerEntry = {
      class_name: "Functional",
      name: "d",
      config: doubling,
      inbound_nodes: [[["x", 0, 0, {}]], [["d", first, 0, {}]]],
    };
    return {
      class_name: "Functional",
      config: {
        name: "m",
        layers: [x, d],
        input_layers: [["x", 0, 0]],
        output_layers: [["d", outputCall, 0]],
      },
    };
  };
  const x = tensor("float32", [1, 1], [3]);
  it.each([
    ["from 1, as Keras 2 and TF.js count, the last call as output", 1, 2, 12],
    ["from 1, the first call as output", 1, 1, 6],
    ["from 0, the last call as output", 0, 1, 12],
    ["from 0, the first call as output", 0, 0, 6],
  ])("%s", async (_, first, outputCall, expected) => {
    expect(await predict(calledTwice(first, outputCall), x)).toEqual([[expected]]);
  });
});
