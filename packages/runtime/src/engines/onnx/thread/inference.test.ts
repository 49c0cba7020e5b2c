import { tensor } from "@cajal/core";
import type { OnnxModel } from "@cajal/onnx";
import { expect, it } from "vitest";
import { open } from "../../../open";

const names = ["constructor", "toString", "nothing"];

/** Each output is its input doubled. */
const doubling = (opset: number, extent: number | undefined): OnnxModel => ({
  irVersion: 8,
  opsets: { "": opset },
  producer: "",
  metadata: new Map(),
  graph: {
    name: "doubling",
    nodes: names.map((name) => ({ op: "Add", domain: "", name, inputs: ["x", "x"], outputs: [name], attributes: {} })), // prettier-ignore
    initializers: new Map(),
    inputs: [{ name: "x", dtype: "float32", shape: [extent] }],
    outputs: names.map((name) => ({ name, dtype: "float32", shape: [extent] })),
    values: new Map(),
  },
});

// Sequences, which save the copying of outputs, are of operator set 11.
it.each([7, 11, 17].flatMap((opset) => [2, undefined].map((extent) => ({ opset, extent }))))(
  "runs operator set $opset with outputs of extent $extent and any names on a thread of its own",
  async ({ opset, extent }) => {
    await using session = await open(doubling(opset, extent), { device: "cpu", worker: true });
    expect(session.outputs.map(({ name }) => name)).toEqual(names);
    const results = await session.run({ x: tensor("float32", [2], [1, 2]) });
    expect(Object.keys(results).toSorted()).toEqual(names.toSorted());
    for (const result of Object.values(results)) expect([...result.data]).toEqual([2, 4]);
  },
);
