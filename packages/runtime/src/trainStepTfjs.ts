// The training step on TF.js: its layers and its automatic differentiation, with losses, metrics and
// optimizers over `Ops`.
import { CajalError, hash, type Batch, type DType, type Tensor, type Weights } from "@cajal/core";
import type { ModelConfig } from "@cajal/models";
import type * as tfc from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { inNode } from "./device";
import { opsTfjs } from "./opsTfjs";
import type { TfCore } from "./peers";
import { tfjsOn } from "./tfjs";
import { tfjsModel } from "./tfjsModel";
import type { StepResult, TrainStep, TrainStepOptions } from "./trainStep";
import {
  checkBatch,
  checkState,
  checkWeights,
  diverged,
  iterationTensor,
  notFinite,
  type Bad,
} from "./trainStepChecks";
import { constrained } from "./trainStepConstraints";
import { withFasterKernels } from "./trainStepKernels";
import { trainableModel } from "./trainStepModel";
import { regularization } from "./trainStepRegularizers";
import { updateParameters } from "./trainStepUpdate";

// A type, not an interface, for TF.js' tidy to accept it.
type Gradient = { readonly key: string; readonly gradient: tfc.Tensor };

export async function openTfjsTrainStep(
  model: ModelConfig,
  weights: Weights,
  options: TrainStepOptions,
): Promise<TrainStep> {
  const { optimizer, metrics = [], seed = 0 } = options;
  const trained = trainableModel(model, options);
  const { loss, activation } = trained;
  checkWeights(weights, trained.weights);
  // In Node the fastest that can train is cpu: wasm has no gradients of convolutions.
  const wanted = options.device ?? "auto";
  const tfjs = await tfjsOn(wanted === "auto" && inNode ? "cpu" : wanted);
  const { tf, device } = tfjs;
  checkLayers(model, device);
  const on = <T>(body: () => T): T =>
    tfjs.on(() => (device === "cpu" ? withFasterKernels(tf, body) : body()));

  const ops = opsTfjs(tf);
  const { model: network, variables } = await tfjsModel(tfjs, trained.model);
  const value = (key: string) => variables.get(key)!.read() as tfc.Variable;
  const reseed = seeded(network, seed);
  for (const name of trained.frozen) inferAlways(network.getLayer(name));

  const parameters = trained.weights.filter(({ multiplier }) => multiplier !== undefined);
  const moving = trained.weights.filter(({ trainable }) => !trainable);
  const constraints = new Map(parameters.map(({ key, constraint }) => [key, constraint]));
  const multipliers = new Map(parameters.map(({ key, multiplier }) => [key, multiplier!]));
  const slots = new Map<string, tfc.Tensor>();
  const slotNames = Object.keys(optimizer.slots);
  let iteration = 0;
  on(() => {
    assign(weights);
    for (const { key, shape } of parameters)
      for (const slot of slotNames)
        setSlot(`${key}/${slot}`, tf.mul(tf.ones([...shape]), optimizer.slots[slot]!));
  });

  function assign(values: Weights): void {
    tf.tidy(() => {
      for (const { key } of trained.weights) value(key).assign(toTf(tf, values.get(key)!));
    });
  }
  function setSlot(name: string, now: tfc.Tensor): void {
    slots.get(name)?.dispose();
    slots.set(name, tf.keep(now));
  }
  function forward(x: tfc.Tensor, training: boolean): tfc.Tensor {
    return network.apply(x, { training }) as tfc.Tensor;
  }

  /** Loss with regularizers, and metrics, as scalars. */
  function measure(x: tfc.Tensor, yTrue: tfc.Tensor, training: boolean): tfc.Tensor[] {
    const yPred = forward(x, training);
    const own = activation === undefined ? yPred : ops[activation](yPred);
    const penalties = trained.weights.flatMap(
      ({ key, regularizer }) => regularization<tfc.Tensor>(ops, regularizer, value(key), key) ?? [],
    );
    return [
      [ops.reduceMean(loss.compute(ops, yTrue, yPred)), ...penalties].reduce((a, b) =>
        ops.add(a, b),
      ),
      ...metrics.map((metric) => ops.reduceMean(metric.compute(ops, yTrue, own))),
    ];
  }

  function result(numbers: ArrayLike<number>): StepResult {
    return {
      loss: numbers[0]!,
      metrics: Object.fromEntries(metrics.map(({ name }, i) => [name, numbers[i + 1]!])),
    };
  }

  function check(batch: Batch): void {
    checkBatch(batch, network.inputs[0]!.shape);
    const output = network.outputs[0]!.shape.slice(1) as number[];
    loss.checkLabels?.(batch.y, [batch.x.shape[0]!, ...output]);
  }

  /** Gradients, and in one tensor loss, metrics and a number that is 0 if all gradients are finite. */
  function differentiate({ x, y }: Batch): { numbers: tfc.Tensor; gradients: Gradient[] } {
    return tf.tidy(() => {
      const [tx, ty] = [toTf(tf, x), toTf(tf, y)];
      let measured: tfc.Tensor[] = [];
      const { grads } = tf.variableGrads(
        () => {
          measured = measure(tx, ty, true).map((each) => tf.keep(each));
          return measured[0] as tfc.Scalar;
        },
        parameters.map(({ key }) => value(key)),
      );
      // A weight on which the loss does not depend has none, and stays as it is.
      const gradients = parameters.flatMap(({ key }): Gradient[] => {
        const gradient: tfc.Tensor | null = grads[value(key).name] ?? null;
        return gradient ? [{ key, gradient }] : [];
      });
      // 0 · g is 0 where g is finite, and NaN otherwise.
      const odd = gradients.map(({ gradient }) => tf.sum(tf.mul(gradient, 0)));
      const numbers = tf.stack([...measured, tf.addN([tf.scalar(0), ...odd])]);
      tf.dispose(measured);
      return { numbers, gradients };
    });
  }

  function update(gradients: readonly Gradient[], learningRate: number): void {
    tf.tidy(() => {
      const updated = updateParameters<tfc.Tensor>(
        ops,
        optimizer,
        gradients.map(({ key, gradient }) => ({
          key,
          value: value(key),
          gradient,
          slots: Object.fromEntries(slotNames.map((slot) => [slot, slots.get(`${key}/${slot}`)!])),
          multiplier: multipliers.get(key)!,
        })),
        { learningRate: tf.scalar(learningRate), iteration: tf.scalar(iteration + 1) },
      );
      for (const { key, value: now, slots: own } of updated) {
        value(key).assign(constrained<tfc.Tensor>(ops, constraints.get(key), now, key));
        for (const slot of slotNames) setSlot(`${key}/${slot}`, own[slot]!);
      }
    });
  }

  async function run(batch: Batch, learningRate: number): Promise<StepResult> {
    check(batch);
    reseed(iteration);
    const { numbers, gradients, before } = on(() => ({
      // Batch normalization moves its averages as it goes: a step that fails puts them back.
      before: moving.map(({ key }) => ({ key, tensor: tf.clone(value(key)) })),
      ...differentiate(batch),
    }));
    try {
      const read = await numbers.data();
      if (!Number.isFinite(read[0]) || !Number.isFinite(read.at(-1))) {
        on(() => before.forEach(({ key, tensor }) => value(key).assign(tensor)));
        const bad = await firstBad(batch, gradients);
        on(() => before.forEach(({ key, tensor }) => value(key).assign(tensor)));
        throw diverged(iteration + 1, read[0]!, bad);
      }
      on(() => update(gradients, learningRate));
      iteration++;
      return result(read);
    } finally {
      tf.dispose([
        numbers,
        ...gradients.map(({ gradient }) => gradient),
        ...before.map(({ tensor }) => tensor),
      ]);
    }
  }

  /** Goes through the tensors of a step in the order in which they are computed. */
  async function firstBad(
    { x, y }: Batch,
    gradients: readonly Gradient[],
  ): Promise<Bad | undefined> {
    const given = notFinite("batch x", x) ?? notFinite("batch y", y);
    if (given) return given;
    const named = on(() =>
      tf.tidy(() => {
        const inner = network.layers.filter((layer) => layer.inboundNodes.length > 0);
        const outputs = inner.flatMap((layer) =>
          layer.inboundNodes.map((node) => ({ layer: layer.name, output: node.outputTensors[0]! })),
        );
        const probe = tfjs.layers.model({
          inputs: network.inputs,
          outputs: outputs.map(({ output }) => output),
        });
        const values = probe.apply(toTf(tf, x), { training: true });
        return [
          ...trained.weights.map(({ key }) => ({
            name: `weight "${key}"`,
            tensor: tf.clone(value(key)),
          })),
          ...[values].flat().map((each, i) => ({
            name: `the output of layer "${outputs[i]!.layer}"`,
            tensor: each as tfc.Tensor,
          })),
        ];
      }),
    );
    const after = gradients
      .toReversed()
      .map(({ key, gradient }) => ({ name: `the gradient of "${key}"`, tensor: gradient }));
    try {
      for (const { name, tensor } of [...named, ...after]) {
        const bad = notFinite(name, { data: await tensor.data<"float32">() });
        if (bad) return bad;
      }
      return undefined;
    } finally {
      tf.dispose(named.map(({ tensor }) => tensor));
    }
  }

  // Calls are answered one after the other, in the order in which they were made.
  let last: Promise<unknown> = Promise.resolve();
  let disposed = false;
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(() => {
      if (disposed)
        throw new CajalError("disposed", "this training step is disposed. Open it again.");
      return work();
    });
    last = turn.catch(() => {});
    return turn;
  }

  return {
    engine: "tfjs",
    device,
    get iteration() {
      return iteration;
    },
    run: (batch, { learningRate } = {}) =>
      inTurn(() => run(batch, learningRate ?? optimizer.learningRate(iteration))),
    evaluate: (batch) =>
      inTurn(async () => {
        check(batch);
        const numbers = on(() =>
          tf.tidy(() => tf.stack(measure(toTf(tf, batch.x), toTf(tf, batch.y), false))),
        );
        try {
          return result(await numbers.data());
        } finally {
          numbers.dispose();
        }
      }),
    weights: () =>
      inTurn(async () => {
        const copies = new Map<string, Tensor>();
        for (const { key } of trained.weights) copies.set(key, await fromTf(value(key)));
        return copies;
      }),
    state: () =>
      inTurn(async () => {
        const copies = new Map<string, Tensor>([["iteration", iterationTensor(iteration)]]);
        for (const [name, slot] of slots) copies.set(name, await fromTf(slot));
        return copies;
      }),
    restore: (newWeights, state) =>
      inTurn(async () => {
        checkWeights(newWeights, trained.weights);
        const updates = checkState(state, parameters, slotNames);
        on(() => {
          assign(newWeights);
          for (const name of slots.keys()) setSlot(name, toTf(tf, state.get(name)!));
        });
        iteration = updates;
      }),
    dispose: () => {
      last = last.then(() => {
        if (disposed) return;
        disposed = true;
        on(() => {
          network.dispose();
          tf.dispose([...slots.values()]);
        });
      });
      return last.then(() => {});
    },
  };
}

/** Layers whose gradient or randomness TF.js does not have on a device. */
function checkLayers({ config }: ModelConfig, device: string): void {
  for (const { name, class_name } of config.layers) {
    if (device === "wasm" && class_name.includes("Conv"))
      throw new CajalError(
        "unsupported",
        `layer "${name}" (${class_name}): TF.js' wasm backend has no gradients of convolutions. Train with engine onnx, or with engine tfjs on device cpu.`,
        { layer: name, class_name, device },
      );
    if (["GaussianNoise", "GaussianDropout", "AlphaDropout"].includes(class_name))
      throw new CajalError(
        "unsupported",
        `layer "${name}" (${class_name}): TF.js gives it no seed, so a run could not be repeated. Train with engine onnx.`,
        { layer: name, class_name },
      );
  }
}

/** Gives dropout another seed in every step; the same one whenever the same step comes. */
function seeded(network: tfl.LayersModel, seed: number): (iteration: number) => void {
  const random = network.layers.filter((layer) => /Dropout/.test(layer.getClassName()));
  return (iteration) =>
    random.forEach((layer, i) =>
      Object.assign(layer, { seed: hash(iteration, hash(seed, hash(i, 0))) }),
    );
}

/** A frozen batch normalization uses its moving averages, as in Keras; TF.js would go on moving them. */
function inferAlways(layer: tfl.layers.Layer): void {
  if (layer.getClassName() !== "BatchNormalization") return;
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => call(inputs, { ...kwargs, training: false });
}

function toTf(tf: TfCore, { dtype, shape, data }: Tensor): tfc.Tensor {
  const extents = [...shape];
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    return tf.tensor(Int32Array.from(data, Number), extents, "int32");
  const kinds: Partial<Record<DType, "float32" | "bool">> = {
    float32: "float32",
    float64: "float32",
    bool: "bool",
  };
  const kind = kinds[dtype] ?? "int32";
  if (dtype === "float16")
    throw new CajalError("unsupported", "TF.js has no float16. Use float32.", { dtype });
  return tf.tensor(
    kind === "float32"
      ? Float32Array.from(data)
      : kind === "bool"
        ? Uint8Array.from(data)
        : Int32Array.from(data),
    extents,
    kind,
  );
}

async function fromTf(value: tfc.Tensor): Promise<Tensor> {
  return {
    dtype: "float32",
    shape: [...value.shape],
    data: Float32Array.from(await value.data<"float32">()),
  };
}
