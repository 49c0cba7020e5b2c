// The training step on TF.js: its layers and its automatic differentiation, with losses, metrics and
// optimizers over `Ops`.
import type { Tensor, Weights } from "@cajal/core";
import type * as tfc from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { isInstalled } from "../../device/peers";
import { differentiating } from "./devices";
import { opsTfjs } from "./ops";

import { testedVersions, type TfCore } from "./peers";
import { tfjsOn } from "./backend";
import { tfjsModel } from "./model";
import { toTfjs } from "./dtypes";
import { checkChanges, checkTrainable, freeze, seeded } from "./trainable";
import type { TrainStepOptions } from "../../step/trainStep";
import { engineError } from "../../session/engineError";
import { notFinite, type Bad } from "../../step/checks";
import { constrained } from "../../step/constraints";
import type { StepBatch } from "../../step/batch";
import type { Numbers, PendingStep, StepPosition, TrainCore } from "../../step/core";
import { measured } from "../../step/outputs";
import { withFasterKernels } from "./kernels";
import type { TrainableKeras } from "../../step/model";
import { regularization } from "../../step/regularizers";
import { updateParameters, type UpdatedParameter } from "../../step/update";

// A type, not an interface, for TF.js' tidy to accept it.
type Gradient = { readonly key: string; readonly gradient: tfc.Tensor };

/** Numbers of several groups, one after the other. */
type Line = { readonly numbers: tfc.Tensor; readonly lengths: readonly number[] };

/** @throws CajalError `missing-peer`, `no-device`, `unsupported` */
export async function openTrainStepOnTfjs(
  model: TrainableKeras,
  weights: Weights,
  { optimizer, seed = 0, device: choice = "auto" }: TrainStepOptions,
): Promise<TrainCore> {
  const { network: trained, inputs, outputs, weights: all } = model;
  const tfjs = await tfjsOn(differentiating(choice));
  const { tf, device } = tfjs;
  checkTrainable(trained, device);
  checkChanges(model);
  const on = <T>(body: () => T): T =>
    tfjs.on(() => (device === "cpu" ? withFasterKernels(tf, body) : body()));

  const ops = opsTfjs(tf);
  const { model: network, variables, layers } = await tfjsModel(tfjs, trained);
  const value = (key: string) => variables.get(key)!.read() as tfc.Variable;
  const paths = new Map([...layers].map(([path, layer]) => [layer, path]));
  const pathOf = (layer: tfl.layers.Layer) => paths.get(layer) ?? layer.name;
  const reseed = seeded([...layers.values()], seed);
  freeze(trained, layers, model);

  const parameters = all.filter(({ multiplier }) => multiplier !== undefined);
  const byKey = new Map(parameters.map((parameter) => [parameter.key, parameter]));
  const moving = all.filter(({ trainable }) => !trainable);
  const slots = new Map<string, tfc.Tensor>();
  const slotNames = Object.keys(optimizer.slots);
  on(() => {
    assign(weights);
    for (const { key, shape } of parameters)
      for (const slot of slotNames)
        setSlot(
          `${key}/${slot}`,
          tf.tidy(() => tf.mul(tf.ones([...shape]), optimizer.slots[slot]!)),
        );
  });

  function assign(values: Weights): void {
    tf.tidy(() => {
      for (const { key } of all) value(key).assign(toTf(tf, values.get(key)!, key));
    });
  }
  function setSlot(name: string, now: tfc.Tensor): void {
    slots.get(name)?.dispose();
    slots.set(name, tf.keep(now));
  }

  /** The values of x in the order of the network's inputs. */
  const inputsOf = ({ x }: StepBatch): tfc.Tensor[] =>
    inputs.map(({ name }) => toTf(tf, x[name]!, name));

  /** Loss with regularizers, then the numbers of all measures. */
  function measure(batch: StepBatch, training: boolean): tfc.Tensor[][] {
    const { y, weight } = batch;
    const predictions = [network.apply(inputsOf(batch), { training })].flat() as tfc.Tensor[];
    const labelled = outputs.map(({ name, index }) => ({
      yTrue: toTf(tf, y[name]!, name),
      yPred: predictions[index]!,
      weight: Object.hasOwn(weight, name) ? toTf(tf, weight[name]!, name) : undefined,
    }));
    const penalties = all.flatMap(
      ({ key, regularizer }) => regularization<tfc.Tensor>(ops, regularizer, value(key), key) ?? [],
    );
    const { loss, numbers } = measured<tfc.Tensor>(ops, outputs, labelled);
    return [[[loss, ...penalties].reduce((a, b) => ops.add(a, b))], ...numbers];
  }

  /** Numbers as one line, and how many belong to each. */
  function flattened(groups: readonly (readonly tfc.Tensor[])[]): Line {
    const lines = groups.map((group) => group.map((each) => tf.reshape(each, [-1])));
    const lengths = lines.map((group) => group.reduce((sum, { size }) => sum + size, 0));
    return { numbers: tf.concat(lines.flat()), lengths };
  }

  async function readLine({ numbers, lengths }: Line): Promise<Numbers> {
    const data = await numbers.data<"float32">();
    numbers.dispose();
    let at = 0;
    return lengths.map((length) => Array.from(data.subarray(at, (at += length))));
  }

  /** A number that is finite only where all elements of all tensors are. */
  const sumOfAll = (tensors: readonly tfc.Tensor[]) =>
    // Not addN: on WebGPU that of more tensors than a shader may bind gives zeros, without an error.
    tf.sum(tf.stack([tf.scalar(0), ...tensors.map((each) => tf.sum(each))]));

  /** The numbers that were measured, and as the last whether gradients and moving averages are finite. */
  function differentiate(batch: StepBatch): { line: Line; gradients: Gradient[] } {
    let lengths: readonly number[] = [];
    const { numbers, gradients } = tf.tidy(() => {
      let groups: tfc.Tensor[][] = [];
      const { grads } = tf.variableGrads(
        () => {
          groups = measure(batch, true).map((group) => group.map((each) => tf.keep(each)));
          return groups[0]![0] as tfc.Scalar;
        },
        parameters.map(({ key }) => value(key)),
      );
      // A weight on which the loss does not depend has none, and stays as it is.
      const gradients = parameters.flatMap(({ key }): Gradient[] => {
        const gradient: tfc.Tensor | null = grads[value(key).name] ?? null;
        return gradient ? [{ key, gradient }] : [];
      });
      const checked = [
        ...gradients.map(({ gradient }) => gradient),
        ...moving.map(({ key }) => value(key)),
      ];
      const line = flattened([...groups, [sumOfAll(checked)]]);
      tf.dispose(groups.flat());
      ({ lengths } = line);
      return { numbers: line.numbers, gradients };
    });
    return { line: { numbers, lengths }, gradients };
  }

  /** What an update makes of the parameters, not yet assigned. */
  function updated(
    gradients: readonly Gradient[],
    { iteration, learningRate }: StepPosition,
  ): { parameters: readonly UpdatedParameter<tfc.Tensor>[]; line: Line } {
    let updates: readonly UpdatedParameter<tfc.Tensor>[] = [];
    const numbers = tf.tidy(() => {
      updates = updateParameters<tfc.Tensor>(
        ops,
        optimizer,
        gradients.map(({ key, gradient }) => ({
          key,
          value: value(key),
          gradient,
          slots: Object.fromEntries(slotNames.map((slot) => [slot, slots.get(`${key}/${slot}`)!])),
          multiplier: byKey.get(key)!.multiplier!,
        })),
        { learningRate: tf.scalar(learningRate), iteration: tf.scalar(iteration + 1) },
      ).map(({ key, value: now, slots: own }) => {
        const { constraint } = byKey.get(key)!;
        return { key, value: constrained<tfc.Tensor>(ops, constraint, now, key), slots: own };
      });
      tensorsOf(updates).forEach((each) => tf.keep(each));
      return sumOfAll(tensorsOf(updates));
    });
    return { parameters: updates, line: { numbers, lengths: [1] } };
  }

  const tensorsOf = (updates: readonly UpdatedParameter<tfc.Tensor>[]): tfc.Tensor[] =>
    updates.flatMap(({ value: now, slots: own }) => [now, ...slotNames.map((slot) => own[slot]!)]);

  let isChecked = false;
  async function compute(batches: readonly StepBatch[], at: StepPosition): Promise<PendingStep> {
    if (!isChecked) checkChanges(model, batches[0]);
    isChecked = true;
    // Batch normalization moves its averages as it goes: a step that fails puts them back.
    const before = on(() => moving.map(({ key }) => ({ key, tensor: tf.clone(value(key)) })));
    const examples = batches.reduce((sum, each) => sum + each.examples, 0);
    const numbers: Numbers[] = [];
    let total: readonly Gradient[] = [];
    let last: { batch: StepBatch; loss: number; gradients: readonly Gradient[] } | undefined;
    let finite = true;
    for (const [part, batch] of batches.entries()) {
      reseed(at.iteration, part);
      const { line, gradients } = attempted(() => on(() => differentiate(batch)));
      const read = await readLine(line);
      numbers.push(read.slice(0, -1));
      if (last) dispose(last.gradients);
      last = { batch, loss: read[0]![0]!, gradients };
      finite = Number.isFinite(last.loss);
      // Where only a sum of all of them is too large, the step goes on.
      if (finite && !Number.isFinite(read.at(-1)![0])) finite = !(await firstBad(last, []));
      if (!finite) break;
      if (batches.length > 1) {
        const added = on(() => sumOf(total, gradients, batch.examples / examples));
        dispose(total);
        total = added;
      }
    }
    let updates: readonly UpdatedParameter<tfc.Tensor>[] = [];
    if (finite) {
      const update = on(() => updated(batches.length > 1 ? total : last!.gradients, at));
      updates = update.parameters;
      finite = Number.isFinite((await readLine(update.line))[0]![0]);
    }
    const free = () => {
      dispose(total);
      dispose(last?.gradients ?? []);
      tf.dispose(before.map(({ tensor }) => tensor));
    };
    return {
      numbers,
      finite,
      commit: () => {
        on(() => {
          for (const { key, value: now, slots: own } of updates) {
            value(key).assign(now as tfc.Variable);
            now.dispose();
            for (const slot of slotNames) setSlot(`${key}/${slot}`, own[slot]!);
          }
        });
        free();
      },
      discard: () => {
        on(() => before.forEach(({ key, tensor }) => value(key).assign(tensor)));
        tf.dispose(tensorsOf(updates));
        free();
      },
      firstBad: () => firstBad(last!, updates),
    };
  }

  /** What TF.js throws, as our error. */
  function attempted<T>(body: () => T): T {
    try {
      return body();
    } catch (cause) {
      throw engineError("tfjs", `a training step on ${device}`, cause);
    }
  }

  const dispose = (gradients: readonly Gradient[]) =>
    tf.dispose(gradients.map(({ gradient }) => gradient));

  /** sum + share · gradients */
  const sumOf = (sum: readonly Gradient[], gradients: readonly Gradient[], share: number) =>
    tf.tidy(() =>
      gradients.map(({ key, gradient }): Gradient => {
        const part = tf.mul(gradient, share);
        const before = sum.find((each) => each.key === key);
        return { key, gradient: before ? tf.add(before.gradient, part) : part };
      }),
    );

  /** Goes through the tensors of a step in the order in which they are computed. */
  async function firstBad(
    { batch, loss, gradients }: { batch: StepBatch; loss: number; gradients: readonly Gradient[] },
    updates: readonly UpdatedParameter<tfc.Tensor>[],
  ): Promise<Bad | undefined> {
    const named = on(() =>
      tf.tidy(() => {
        const weights = all.map(({ key }) => ({ key, tensor: tf.clone(value(key)) }));
        const outputs = network.layers.flatMap((layer) =>
          layer.inboundNodes
            .filter((node) => node.inboundLayers.length > 0)
            .map((node) => ({ layer: pathOf(layer), output: node.outputTensors[0]! })),
        );
        const probe = tfjs.layers.model({
          inputs: network.inputs,
          outputs: outputs.map(({ output }) => output),
        });
        const values = probe.apply(inputsOf(batch), { training: true });
        // Looking moves averages, too.
        for (const { key, tensor } of weights)
          if (moving.some((each) => each.key === key)) value(key).assign(tensor);
        return [
          ...weights.map(({ key, tensor }) => ({ name: `weight "${key}"`, tensor })),
          ...[values].flat().map((each, i) => ({
            name: `the output of layer "${outputs[i]!.layer}"`,
            tensor: each as tfc.Tensor,
          })),
        ];
      }),
    );
    const read = async (name: string, tensor: tfc.Tensor) =>
      notFinite(name, { data: await tensor.data<"float32">() });
    try {
      for (const { name, tensor } of named) {
        const bad = await read(name, tensor);
        if (bad) return bad;
      }
      const bad = notFinite("the loss", { data: Float32Array.of(loss) });
      if (bad) return bad;
      for (const { key, gradient } of gradients.toReversed()) {
        const bad = await read(`the gradient of "${key}"`, gradient);
        if (bad) return bad;
      }
      for (const { key, value: now, slots: own } of updates) {
        const bad =
          (await read(`the new weight "${key}"`, now)) ??
          (await firstOf(
            slotNames.map((slot) => read(`the new optimizer's state "${key}/${slot}"`, own[slot]!)),
          ));
        if (bad) return bad;
      }
      return undefined;
    } finally {
      tf.dispose(named.map(({ tensor }) => tensor));
    }
  }

  return {
    engine: "tfjs",
    device,
    tested:
      device === "cpu" &&
      isInstalled("@tensorflow/tfjs-core", testedVersions["@tensorflow/tfjs-core"]),
    compute,
    measure: async (batch) => {
      let lengths: readonly number[] = [];
      const numbers = on(() =>
        tf.tidy(() => {
          const line = flattened(measure(batch, false));
          ({ lengths } = line);
          return line.numbers;
        }),
      );
      return readLine({ numbers, lengths });
    },
    readWeights: () => readAll(all.map(({ key }) => [key, value(key)])),
    readSlots: () => readAll(slots),
    write: (values, state) =>
      on(() => {
        assign(values);
        for (const name of slots.keys()) setSlot(name, toTf(tf, state.get(name)!, name));
      }),
    free: () =>
      on(() => {
        network.dispose();
        tf.dispose([...slots.values()]);
      }),
  };
}

async function firstOf<T>(values: readonly Promise<T | undefined>[]): Promise<T | undefined> {
  for (const value of values) {
    const result = await value;
    if (result !== undefined) return result;
  }
  return undefined;
}

/** A copy: what the caller does with its array later changes nothing. */
const toTf = (tf: TfCore, x: Tensor, name: string): tfc.Tensor =>
  toTfjs(tf, { ...x, data: x.data.slice() }, name);

async function readAll(
  values: Iterable<readonly [string, tfc.Tensor]>,
): Promise<ReadonlyMap<string, Tensor>> {
  const copies = new Map<string, Tensor>();
  for (const [name, value] of values)
    copies.set(name, {
      dtype: "float32",
      shape: [...value.shape],
      data: Float32Array.from(await value.data<"float32">()),
    });
  return copies;
}
