// Computes what is written over `Ops` on each engine, so that one test serves them all.
import { tensor, type Tensor } from "@cajal/core";
import { GraphBuilder, gradients } from "@cajal/onnx";
import { open, type Ops } from "@cajal/runtime";
import { opsGraph } from "../../runtime/src/step/opsGraph";
import { opsTfjs } from "../../runtime/src/engines/tfjs/ops";
import * as tf from "@tensorflow/tfjs-core";

type Values<V> = Readonly<Record<string, V>>;
type Body = <V>(ops: Ops<V>, inputs: Values<V>) => Values<V>;

export interface TestedEngine {
  readonly name: string;
  /** The values that `body` makes of the inputs. */
  compute(inputs: Values<Tensor>, body: Body): Promise<Record<string, Tensor>>;
  /** The gradient of the sum of `body`'s `y` with respect to an input. */
  gradient(inputs: Values<Tensor>, body: Body, withRespectTo: string): Promise<Tensor>;
}

const tfjs: TestedEngine = {
  name: "tfjs",
  async compute(inputs, body) {
    await tfjsReady();
    tf.engine().startScope();
    try {
      return mapValues(body(opsTfjs(tf), mapValues(inputs, toTf)), fromTf);
    } finally {
      tf.engine().endScope();
    }
  },
  async gradient(inputs, body, withRespectTo) {
    await tfjsReady();
    const values = mapValues(inputs, toTf);
    const of = (x: tf.Tensor) =>
      tf.sum(body(opsTfjs(tf), { ...values, [withRespectTo]: x }).y!) as tf.Scalar;
    return fromTf(tf.grad(of)(values[withRespectTo]!));
  },
};

const onnx: TestedEngine = {
  name: "onnx",
  async compute(inputs, body) {
    const { g, values } = graph(inputs);
    const computed = body(opsGraph(g), values);
    for (const [name, value] of Object.entries(computed)) g.output(value, `result/${name}`);
    const results = await runGraph(g, inputs);
    return mapValues(computed, (_, name) => results[`result/${name}`]!);
  },
  async gradient(inputs, body, withRespectTo) {
    const { g, values } = graph(inputs);
    const y = body(opsGraph(g), values).y!;
    const [gradient] = gradients(g, y, [values[withRespectTo]!]);
    g.output(gradient!, "result");
    return (await runGraph(g, inputs)).result!;
  },
};

export const engines: readonly TestedEngine[] = [tfjs, onnx];

/** The backend, and what registers the gradients of TF.js' operators. */
async function tfjsReady(): Promise<void> {
  await import("@tensorflow/tfjs-backend-cpu");
  await import("@tensorflow/tfjs-layers");
  // Each change sets up every kernel anew, which takes longer than a small step.
  if (tf.getBackend() !== "cpu") await tf.setBackend("cpu");
}

function graph(inputs: Values<Tensor>) {
  const g = new GraphBuilder();
  return { g, values: mapValues(inputs, ({ dtype, shape }, name) => g.input(name, dtype, shape)) };
}

async function runGraph(g: GraphBuilder, inputs: Values<Tensor>) {
  // Of graphs this small a second thread only waits, and to start and end it takes longer than all else.
  const session = await open(g.build(), { device: "cpu", threads: 1 });
  try {
    // Inputs that nothing reads are not asked for.
    return await session.run(inputs);
  } finally {
    await session.dispose();
  }
}

const toTf = ({ dtype, shape, data }: Tensor): tf.Tensor =>
  dtype === "float32"
    ? tf.tensor(Float32Array.from(data as Float32Array), [...shape], "float32")
    : tf.tensor(Int32Array.from(data as Int32Array), [...shape], "int32");

const fromTf = (value: tf.Tensor): Tensor =>
  tensor(value.dtype === "float32" ? "float32" : "int32", [...value.shape], value.dataSync());

const mapValues = <A, B>(values: Values<A>, change: (value: A, name: string) => B) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]));
