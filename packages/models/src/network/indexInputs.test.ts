import { expect, it } from "vitest";
import { functional } from "./functional";
import { indexInputs } from "./indexInputs";
import { resolve } from "./network";

it("finds the inputs that embeddings look up, behind layers that move elements too", () => {
  const net = functional("m");
  const [numbers, words, tags] = [net.input([2]), net.input([4]), net.input([2, 3])];
  const a = net.layer("Embedding", { input_dim: 7, output_dim: 2, name: "a" }, words);
  const flat = net.layer("Reshape", { target_shape: [6] }, tags);
  const b = net.layer("Embedding", { input_dim: 5, output_dim: 2, name: "b" }, flat);
  const dense = net.layer("Dense", { units: 4 }, numbers);
  // What a layer computes is no concern of the input's.
  const c = net.layer("Embedding", { input_dim: 3, output_dim: 2, name: "c" }, dense);
  const joined = net.layer("Concatenate", { axis: 1 }, [a, b, c]);
  expect(indexInputs(resolve(net.model([numbers, words, tags], joined)))).toEqual([
    { input: "input_layer_1", rows: 7, layer: "a" },
    { input: "input_layer_2", rows: 5, layer: "b" },
  ]);
});

it("finds those of nested models", () => {
  const inner = functional("inner");
  const x = inner.input([3]);
  const outer = functional("outer");
  const y = outer.input([3]);
  const model = inner.model(
    x,
    inner.layer("Embedding", { input_dim: 4, output_dim: 1, name: "e" }, x),
  );
  expect(indexInputs(resolve(outer.model(y, outer.nested(model, y))))).toEqual([
    { input: "input_layer", rows: 4, layer: "inner/e" },
  ]);
});
