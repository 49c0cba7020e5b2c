import { readFileSync } from "node:fs";
import { describeWithShared } from "../../../core/testing/shared";
import { functional, lenet5, toOnnx, type Model } from "@cajal/models";
import { decodeModel, encodeModel, GraphBuilder, type Node } from "@cajal/onnx";
import { initialize } from "@cajal/runtime";
import { expect, it } from "vitest";
import { describeOnnx } from "./describeOnnx";

const described = (bytes: Uint8Array) => describeOnnx(decodeModel(bytes), bytes.length);
const exported = (model: Model) =>
  described(encodeModel(toOnnx(model, initialize(model, { seed: 1 }))));

it("counts the multiply-adds of a file as those of the network it was made of", () => {
  // By hand: 28·28·6·25 + 10·10·16·150 + 400·120 + 120·84 + 84·10.
  expect(exported(lenet5())).toMatchObject({ macs: 416_520, params: 61_706, input: [28, 28, 1] });
});

it("counts those of recurrent layers", () => {
  const net = functional("steps");
  const x = net.input([10, 8]);
  const lstm = { class_name: "LSTM", config: { units: 16 } };
  const model = net.model([x], [net.layer("Bidirectional", { layer: lstm }, x)]);
  // Of each step in both directions four gates of 16, from 8 numbers and 16 of the state.
  expect(exported(model)).toMatchObject({ macs: 2 * 10 * 4 * 16 * (8 + 16) });
});

it("counts twenty thousand nodes in a row, and refuses those that go round", () => {
  const g = new GraphBuilder();
  let x = g.input("x", "float32", ["n", 3]);
  for (let i = 0; i < 20_000; i++) x = g.relu(x);
  g.output(x, "y");
  const model = g.build();
  expect(describeOnnx(model, 0)).toMatchObject({ depth: 20_000 });
  const [first, ...rest] = model.graph.nodes as [Node, ...Node[]];
  const round = { ...model.graph, nodes: [{ ...first, inputs: ["y"] }, ...rest.slice(0, 2), ...rest.slice(-1).map((node) => ({ ...node, inputs: rest[1]!.outputs }))] }; // prettier-ignore
  expect(() => describeOnnx({ ...model, graph: round }, 0)).toThrow(/cycle/);
});

// Sums over the files' own initializers and windows, as a viewer shows them.
describeWithShared("files of other makers", "data/real-models/onnx", (folder) => {
  const describeFile = (name: string) => described(readFileSync(`${folder}/${name}.onnx`));

  it("counts one example of a network that takes batches of ten", () => {
    // LeNet-5 again, as PyTorch writes it.
    expect(describeFile("pytorch_lenet")).toMatchObject({ params: 61_706, macs: 416_520 });
  });

  it("reads an old operator set, and matrix products", () => {
    // 8 filters of 1·5·5 over 28 × 28, 16 of 8·5·5 over 14 × 14, 256 · 10; biases 8, 16, 10.
    expect(describeFile("cntk_mnist")).toMatchObject({
      params: 200 + 8 + 3200 + 16 + 2560 + 10,
      macs: 28 * 28 * 8 * 25 + 14 * 14 * 16 * 200 + 2560,
    });
  });

  it("reads a file whose nodes are in no order", () => {
    // Transpose, two times convolution, ReLU and pool, Transpose, Reshape, two times product and
    // sum, Softmax, Identity.
    expect(describeFile("keras2onnx_mnist-sm")).toMatchObject({
      params: 18 + 2 + 36 + 2 + 392 + 4 + 40 + 10,
      macs: 28 * 28 * 2 * 9 + 14 * 14 * 2 * 18 + 392 + 40,
      depth: 15,
    });
  });
});
