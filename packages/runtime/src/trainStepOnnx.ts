// The training step on ONNX Runtime: forward, loss, gradients, update and metrics in one graph of
// standard operators. Parameters and the optimizer's slots go in and come out; here they lie in two
// sets of arrays that take turns, so that a step neither allocates them nor spoils what it began with.
import { hash, sizeOf, tensor, type Batch, type Tensor, type Weights } from "@cajal/core";
import {
  fromInput,
  inputWeights,
  lower,
  resolve,
  toInput,
  type Network,
  type WeightInput,
} from "@cajal/models";
import { gradients, GraphBuilder, type Value } from "@cajal/onnx";
import { candidates, noDevice, type DeviceChoice, type DeviceName } from "./device";
import { doubling, fromOrt, onnxRuntime, toOrt, type OnnxRuntime } from "./onnxRuntime";
import { opsGraph } from "./opsGraph";
import { engineError } from "./session";
import type { TrainStepOptions } from "./trainStep";
import { notFinite, type Bad } from "./trainStepChecks";
import { constrained } from "./trainStepConstraints";
import type { PendingStep, StepPosition, TrainCore } from "./trainStepCore";
import type { TrainableModel } from "./trainStepModel";
import { regularization } from "./trainStepRegularizers";
import { updateParameters } from "./trainStepUpdate";

/** A graph for batches of one shape, opened. */
interface Compiled extends OnnxRuntime {
  /** How the graph wants each weight. */
  readonly inputs: ReadonlyMap<string, WeightInput>;
  /** Names of weights and slots that it gives anew, as `new/NAME`. */
  readonly updated: readonly string[];
}

type Kind = "train" | "evaluate" | "probe";

/**
 * The graph for a shape of batch is compiled at its first step.
 *
 * @throws CajalError `missing-peer`, `no-device`; later `unsupported` (an operator without a gradient), `engine`
 */
export async function openOnOnnx(
  trained: TrainableModel,
  weights: Weights,
  options: TrainStepOptions,
): Promise<TrainCore> {
  const { optimizer, metrics = [], seed = 0, device: choice = "auto" } = options;
  const device = await firstDevice(choice);
  const network = resolve(trained.model);
  const parameters = trained.weights.filter(({ multiplier }) => multiplier !== undefined);
  const slotNames = Object.keys(optimizer.slots);

  // How the training graph wants weights: the layout in which they are kept.
  const layouts = layoutsOf(trained);
  /** Weights and slots, as they are and as the next step will make them. */
  let now = new Map<string, Tensor>();
  let next = new Map<string, Tensor>();
  write(
    weights,
    new Map(
      parameters.flatMap(({ key, shape }) =>
        slotNames.map((slot): [string, Tensor] => [
          `${key}/${slot}`,
          tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(optimizer.slots[slot]!)),
        ]),
      ),
    ),
  );

  function write(values: Weights, slots: ReadonlyMap<string, Tensor>): void {
    now = new Map();
    next = new Map();
    for (const { key, multiplier } of trained.weights) {
      const layout = layouts.get(key);
      const stored = (from: Tensor) => copied(layout ? toInput(layout, from) : from);
      now.set(key, stored(values.get(key)!));
      if (multiplier === undefined) continue;
      for (const slot of slotNames) {
        const name = `${key}/${slot}`;
        now.set(name, stored(slots.get(name)!));
      }
    }
  }

  /** The weight or slot in Keras' layout. */
  function read(name: string, key: string): Tensor {
    const stored = now.get(name)!;
    const layout = layouts.get(key);
    return copied(layout ? fromInput(layout, stored) : stored);
  }

  const compiled = new Map<string, Promise<Compiled>>();
  function graphFor(kind: Kind, { x, y }: Batch): Promise<Compiled> {
    const key = `${kind} ${x.shape.join()} ${y.dtype} ${y.shape.join()}`;
    let found = compiled.get(key);
    if (!found) {
      found = compile(kind, { x, y }, { trained, options, network, device });
      found.catch(() => compiled.delete(key));
      compiled.set(key, found);
    }
    return found;
  }

  async function run(
    { ort, session, inputs, updated }: Compiled,
    { x, y }: Batch,
    { iteration, learningRate }: StepPosition,
  ): Promise<Record<string, Tensor>> {
    const feeds: Record<string, ReturnType<typeof toOrt>> = {};
    for (const name of session.inputNames) feeds[name] = toOrt(ort, feed(name));
    function feed(name: string): Tensor {
      switch (name) {
        case "input/x":
          return x;
        case "input/y":
          return y;
        case "input/learning_rate":
          return tensor("float32", [], [learningRate]);
        case "input/iteration":
          return tensor("float32", [], [iteration + 1]);
        case "input/seed":
          return tensor("int64", [], [hash(iteration, hash(seed, 0))]);
        default: {
          const layout = layouts.get(name);
          const wanted = inputs.get(name);
          const stored = now.get(name)!;
          if (!layout) return asLine(stored); // a slot
          // A graph for inference may want a weight otherwise than the one that trains.
          if (!wanted || !layout || sameSteps(wanted, layout)) return stored;
          return toInput(wanted, fromInput(layout, stored));
        }
      }
    }
    // Results are written into arrays that are there already.
    const fetches: Record<string, ReturnType<typeof toOrt> | null> = {};
    for (const name of session.outputNames) fetches[name] = null;
    for (const name of updated) {
      const { dtype, shape } = now.get(name)!;
      if (!next.has(name)) next.set(name, tensor(dtype, shape));
      fetches[`new/${name}`] = toOrt(ort, asLine(next.get(name)!));
    }
    try {
      const results = await session.run(feeds, fetches);
      return Object.fromEntries(
        Object.entries(results).map(([name, value]) => [name, fromOrt(value, name)]),
      );
    } catch (cause) {
      throw engineError("onnx", `a training step on ${device}`, cause);
    }
  }

  async function compute(batch: Batch, at: StepPosition): Promise<PendingStep> {
    const graph = await graphFor("train", batch);
    const { numbers } = await run(graph, batch, at);
    const read = numbers!.data as Float32Array;
    return {
      numbers: read.subarray(0, 1 + metrics.length),
      finite: Number.isFinite(read.at(-1)),
      commit: () => {
        for (const name of graph.updated) {
          const before = now.get(name)!;
          now.set(name, next.get(name)!);
          next.set(name, before);
        }
      },
      discard: () => {},
      firstBad: () => firstBad(batch, at),
    };
  }

  /** Goes through the tensors of a step in the order in which they are computed. */
  async function firstBad(batch: Batch, at: StepPosition): Promise<Bad | undefined> {
    for (const { key } of trained.weights) {
      const bad = notFinite(`weight "${key}"`, now.get(key)!);
      if (bad) return bad;
    }
    const graph = await graphFor("probe", batch);
    const results = await run(graph, batch, at);
    for (const name of graph.session.outputNames) {
      const bad = notFinite(name, results[name]!);
      if (bad) return bad;
    }
    return undefined;
  }

  return {
    engine: "onnx",
    device,
    compute,
    measure: async (batch) => {
      const graph = await graphFor("evaluate", batch);
      const { numbers } = await run(graph, batch, { iteration: 0, learningRate: 0 });
      return numbers!.data as Float32Array;
    },
    readWeights: async () => new Map(trained.weights.map(({ key }) => [key, read(key, key)])),
    readSlots: async () =>
      new Map(
        parameters.flatMap(({ key }) =>
          slotNames.map((slot): [string, Tensor] => [
            `${key}/${slot}`,
            read(`${key}/${slot}`, key),
          ]),
        ),
      ),
    write,
    free: async () => {
      for (const graph of await Promise.allSettled(compiled.values()))
        if (graph.status === "fulfilled") await graph.value.session.release();
    },
  };
}

/** The first device of a choice that works at all. */
async function firstDevice(choice: DeviceChoice): Promise<DeviceName> {
  const devices = candidates("onnx", choice);
  for (const [i, device] of devices.entries())
    try {
      const { session } = await onnxRuntime(doubling(), { device });
      await session.release();
      return device;
    } catch (error) {
      if (i === devices.length - 1) throw error;
    }
  throw noDevice("onnx", choice, "there is none.");
}

/** Lowers the model once, to see how it wants its weights. */
function layoutsOf({ model }: TrainableModel): ReadonlyMap<string, WeightInput> {
  const g = new GraphBuilder();
  const { source, inputs } = inputWeights(g);
  const [{ shape } = { shape: [] }] = resolve(model).inputs;
  const x = g.input("input/x", "float32", ["batch", ...shape.slice(1).map((e) => e ?? undefined)]);
  lower(g, model, {
    inputs: [x],
    weights: source,
    training: true,
    seed: g.input("input/seed", "int64", []),
  });
  return inputs;
}

async function compile(
  kind: Kind,
  { x, y }: Batch,
  {
    trained: { model, loss, activation, weights },
    options: { optimizer, metrics = [], threads },
    network,
    device,
  }: {
    trained: TrainableModel;
    options: TrainStepOptions;
    network: Network;
    device: DeviceName;
  },
): Promise<Compiled> {
  const g = new GraphBuilder({ name: network.name });
  const ops = opsGraph(g);
  const training = kind !== "evaluate";
  const xIn = g.input("input/x", x.dtype, x.shape);
  const yTrue = g.input("input/y", y.dtype, y.shape);
  const { source, inputs } = inputWeights(g);
  const layers = network.calls
    .filter(({ inner }) => inner.definition.className !== "InputLayer")
    .map(({ layer }) => layer.path);
  const { outputs, updates, watched } = lower(g, model, {
    inputs: [xIn],
    weights: source,
    training,
    ...(training && { seed: g.input("input/seed", "int64", []) }),
    ...(kind === "probe" && { watch: [...new Set(layers)] }),
  });
  const yPred = outputs[0]!;
  const { total, measured } = g.within("loss", () => {
    const own = activation === undefined ? yPred : ops[activation](yPred);
    const penalties = weights.flatMap((weight) => {
      const { key, regularizer } = weight;
      return (
        regularization(ops, regularizer, source(weight, inputs.get(key)?.steps ?? []), key) ?? []
      );
    });
    const total = [ops.reduceMean(loss.compute(ops, yTrue, yPred)), ...penalties].reduce((a, b) =>
      g.add(a, b),
    );
    const measured = metrics.map((metric) => ops.reduceMean(metric.compute(ops, yTrue, own)));
    return { total, measured };
  });

  const numbers = [total, ...measured];
  const updated: string[] = [];
  if (kind === "probe") {
    for (const [name, value] of watched) g.output(value, `the output of layer "${name}"`);
    g.output(total, "the loss");
  }
  if (training) {
    // A weight that no output depends on is not in the graph, and stays as it is.
    const parameters = weights.filter(
      ({ key, multiplier }) => multiplier !== undefined && inputs.has(key),
    );
    const dys = gradients(
      g,
      total,
      parameters.map(({ key }) => inputs.get(key)!.value),
    );
    if (kind === "probe")
      for (const [i, { key }] of [...parameters.entries()].toReversed())
        g.output(dys[i]!, `the gradient of "${key}"`);
    else {
      // Σ|g| is finite where all of g is.
      const sizes = dys.map((dy) => g.reduceL1(dy, { keepdims: false }));
      numbers.push(g.within("finite", () => g.sum(...sizes)));
      const give = (name: string, value: Value) => {
        g.output(value, `new/${name}`);
        updated.push(name);
      };
      g.within("update", () => {
        const changed = updateParameters(
          ops,
          optimizer,
          parameters.map(({ key, multiplier }, i) => {
            const value = lined(g, inputs.get(key)!.value);
            const slots = Object.keys(optimizer.slots).map((slot): [string, Value] => [
              slot,
              g.input(`${key}/${slot}`, "float32", value.shape),
            ]);
            return {
              key,
              value,
              gradient: lined(g, dys[i]!),
              slots: Object.fromEntries(slots),
              multiplier: multiplier!,
            };
          }),
          {
            learningRate: g.input("input/learning_rate", "float32", []),
            iteration: g.input("input/iteration", "float32", []),
          },
        );
        changed.forEach(({ key, value, slots }, i) => {
          const { constraint } = parameters[i]!;
          const { value: old } = inputs.get(key)!;
          const shaped = () => g.reshape(value, old.shape as number[]);
          give(
            key,
            constraint
              ? lined(g, constrained(ops, constraint, shaped(), key, axisIn(inputs.get(key)!)))
              : value,
          );
          for (const [slot, kept] of Object.entries(slots)) give(`${key}/${slot}`, kept);
        });
      });
      for (const [key, value] of updates) give(key, value);
    }
  }
  if (kind !== "probe")
    g.output(
      g.concat(
        numbers.map((number) => g.unsqueeze(number, [0])),
        { axis: 0 },
      ),
      "numbers",
    );
  const opened = await onnxRuntime(g.build(), {
    device,
    threads,
    // A planned layout of memory is kept beside the arena of the first run: a third more in all
    // (ResNet50, batch 8: 2.4 GB for 1.6), and no faster.
    session: { enableMemPattern: false },
  });
  return { ...opened, inputs, updated };
}

/**
 * A value as one line of numbers, as which it is updated: ONNX Runtime multiplies a kernel of one
 * pixel, [1024, 1024, 1, 1], by a scalar number by number, which takes 25 times as long.
 */
const lined = (g: GraphBuilder, value: Value): Value =>
  value.shape?.length === 1 ? value : g.reshape(value, [-1]);

const asLine = (from: Tensor): Tensor => ({ ...from, shape: [from.data.length] });

/** Where an axis of Keras' layout is in the graph's. */
const axisIn =
  ({ steps }: WeightInput) =>
  (axis: number): number =>
    // A reordered axis stays where it is, and norms over it stay what they are.
    steps.reduce((at, step) => ("permute" in step ? step.permute.indexOf(at) : at), axis);

const sameSteps = (a: WeightInput, b: WeightInput) =>
  JSON.stringify(a.steps) === JSON.stringify(b.steps);

const copied = (from: Tensor): Tensor => ({ ...from, data: from.data.slice() }) as Tensor;
