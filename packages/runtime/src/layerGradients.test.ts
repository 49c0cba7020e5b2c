// Gradients of every layer with respect to its inputs and its weights, against those that Keras computed:
// of Σ output · dy, on both engines.
import { tensor, type Tensor } from "@cajal/core";
import {
  fromInput,
  inputWeights,
  layers,
  lower,
  resolve,
  toInput,
  weightSpecs,
} from "@cajal/models";
import { GraphBuilder, gradients } from "@cajal/onnx";
import type * as tfc from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import {
  expectClose,
  kerasLayers,
  kerasTies,
  modelOf,
  tensorOf,
  weightsOf,
  type KerasLayer,
} from "../../models/testing/kerasLayers";
import { notOnTfjs } from "../testing/notOnTfjs";
import { open } from "./open";
import { tfjsOn } from "./engines/tfjs/backend";
import { tfjsModel } from "./engines/tfjs/model";

type Smooth = KerasLayer & Required<Pick<KerasLayer, "dy" | "gradients">>;

interface Gradients {
  /** Of the float inputs, in their order. */
  readonly inputs: readonly Tensor[];
  /** Of the trainable weights, by `layer/weight`. */
  readonly weights: ReadonlyMap<string, Tensor>;
}

const isFloat = ({ dtype }: { readonly dtype?: string }) => dtype !== "int32";
const listOf = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? value : [value as T];

async function onOnnx(golden: Smooth): Promise<Gradients> {
  const model = modelOf(golden);
  const weights = weightsOf(golden);
  const g = new GraphBuilder();
  const { source, inputs } = inputWeights(g);
  const xs = golden.inputs.map(({ dtype, shape }, i) =>
    g.input(`input_${i}`, dtype === "int32" ? "int32" : "float32", shape),
  );
  const { outputs } = lower(g, model, { inputs: xs, weights: source, training: golden.training });
  const dys = listOf(golden.dy);
  const of = outputs
    .map((y, i) =>
      g.reduceSum(g.mul(y, g.input(`dy_${i}`, "float32", dys[i]!.shape)), { keepdims: false }),
    ) // prettier-ignore
    .reduce((a, b) => g.add(a, b));
  const floats = xs.filter((_, i) => isFloat(golden.inputs[i]!));
  const trainable = new Set(weightSpecs(model).flatMap((spec) => (spec.trainable ? spec.key : [])));
  const trained = [...inputs].filter(([key]) => trainable.has(key));
  const all = gradients(g, of, [...floats, ...trained.map(([, { value }]) => value)]);
  all.forEach((gradient, i) => g.output(g.identity(gradient), `gradient_${i}`));
  // Of layers this small a second thread only waits, and to start and end it takes longer than all else.
  await using session = await open(g.build(), { device: "cpu", threads: 1 });
  const feeds: Record<string, Tensor> = {};
  golden.inputs.forEach((x, i) => (feeds[`input_${i}`] = tensorOf(x)));
  dys.forEach((dy, i) => (feeds[`dy_${i}`] = tensorOf(dy)));
  for (const [key, input] of inputs) feeds[key] = toInput(input, weights.get(key)!);
  // What the gradients do not depend on, as the values of a sum, is not asked for.
  const asked = session.inputs.map(({ name }) => [name, feeds[name]!] as const);
  const results = Object.values(await session.run(Object.fromEntries(asked)));
  return {
    inputs: results.slice(0, floats.length),
    weights: new Map(
      trained.map(([key, input], i) => [key, fromInput(input, results[floats.length + i]!)]),
    ),
  };
}

async function onTfjs(golden: Smooth): Promise<Gradients> {
  const tfjs = await tfjsOn("cpu");
  const { tf } = tfjs;
  const { model: network, variables } = await tfjsModel(tfjs, resolve(modelOf(golden)));
  const weights = weightsOf(golden);
  const trainable = weightSpecs(modelOf(golden)).filter((weight) => weight.trainable);
  const toTf = ({ dtype, shape, data }: Tensor) =>
    tf.tensor(data as Float32Array, [...shape], dtype as "float32");
  return tfjs.runOnBackend(() => {
    for (const [key, variable] of variables) variable.write(toTf(weights.get(key)!));
    const xs = golden.inputs.map((x) => toTf(tensorOf(x)));
    const feeds = xs.map((x) => (x.dtype === "float32" ? tf.variable(x) : x));
    const floats = feeds.filter(({ dtype }) => dtype === "float32") as tfc.Variable[];
    const loss = () => {
      const outputs = network.apply(feeds.length === 1 ? feeds[0]! : feeds, {
        // As in a training step; a frozen batch normalization infers there too.
        training: golden.training || golden.class_name !== "BatchNormalization",
      });
      const dys = listOf(golden.dy);
      const parts = [outputs]
        .flat()
        .map((y, i) => tf.sum(tf.mul(y as tfc.Tensor, toTf(tensorOf(dys[i]!)))));
      return tf.addN(parts) as tfc.Scalar;
    };
    const ours = trainable.map(({ key }) => variables.get(key)!.read() as tfc.Variable);
    const { grads } = tf.variableGrads(loss, [...floats, ...ours]);
    const read = (variable: tfc.Variable) => {
      const gradient = grads[variable.name]!;
      return tensor("float32", gradient.shape, gradient.dataSync());
    };
    return {
      inputs: floats.map(read),
      weights: new Map(trainable.map(({ key }, i) => [key, read(ours[i]!)])),
    };
  });
}

/** What is whole or jumps has none. */
const smooth = [...kerasLayers, ...kerasTies].flatMap((golden) => {
  const { dy, gradients } = golden;
  return dy && gradients ? [{ ...golden, dy, gradients }] : [];
});

/** On TF.js gradients are those of a training step. */
const neverTrained = ({ class_name }: Smooth) =>
  layers.find(({ className }) => className === class_name)!.samples.every(({ inferenceOnly }) => inferenceOnly); // prettier-ignore

const engines = [
  { engine: "onnx", compute: onOnnx },
  { engine: "tfjs", compute: onTfjs },
];

it("has all of Keras' cases", () => {
  expect(kerasLayers).toHaveLength(193 + 85 + 64);
  expect(smooth).toHaveLength(193 + 85 + 50 + 36);
});

describe.each(engines)("gradients as Keras computes them, engine $engine", ({ compute }) => {
  it.each(smooth.map((golden) => [`${golden.class_name} ${golden.case}`, golden] as const))(
    "%s",
    async (_, golden) => {
      if (compute === onTfjs && (notOnTfjs.has(golden.class_name) || neverTrained(golden)))
        return expect(compute(golden)).rejects.toMatchObject({ code: "unsupported" });
      const got = await compute(golden);
      expect(got.inputs).toHaveLength(golden.gradients.inputs.length);
      golden.gradients.inputs.forEach((expected, i) => expectClose(got.inputs[i]!, expected));
      expect([...got.weights.keys()].map((key) => key.slice("layer/".length)).toSorted()).toEqual(
        Object.keys(golden.gradients.weights).toSorted(),
      );
      for (const [key, expected] of Object.entries(golden.gradients.weights))
        expectClose(got.weights.get(`layer/${key}`)!, expected);
    },
  );
});
