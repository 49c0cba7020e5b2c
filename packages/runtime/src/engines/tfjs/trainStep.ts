// The training step on TF.js: its layers and its automatic differentiation, with losses, metrics and
// optimizers over `Ops`.
import { unknownName, type DType, type Tensor, type Weights } from "@cajal/core";
import type * as tfc from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { isInstalled } from "../../device/peers";
import { isGpu } from "../../device/device";
import { gradientDevices } from "./devices";
import { opsTfjs } from "./ops";

import { testedVersions, type TfCore } from "./peers";
import { tfjsOn } from "./backend";
import { checkGradientsOnce } from "./selfTest";
import { tfjsModel } from "./model";
import { fromTfjs, toTfjs } from "./tensors";
import { checkChanges, checkTrainable, freeze, seedLayers } from "./trainable";
import type { TrainStepOptions } from "../../step/trainStep";
import { engineError } from "../../session/engineError";
import { findNonFinite, type NonFinite } from "../../step/checks";
import { applyConstraint } from "../../step/constraints";
import type { StepBatch } from "../../step/batch";
import type { Numbers, PendingStep, StepPosition, TrainCore } from "../../step/core";
import { asGiven, computeMeasures, outputCalled } from "../../step/outputs";
import type { TrainableKeras } from "../../step/model";
import { regularization } from "../../step/regularizers";
import { updateParameters, type UpdatedParameter } from "../../step/update";

// A type, not an interface, for TF.js' tidy to accept it.
type Gradient = { readonly key: string; readonly gradient: tfc.Tensor };

/** Numbers of several groups, concatenated. */
type Line = { readonly numbers: tfc.Tensor; readonly lengths: readonly number[] };

/** @throws CajalError `missing-peer`, `no-device`, `unsupported` */
export async function openTrainStepOnTfjs(
  model: TrainableKeras,
  weights: Weights,
  { optimizer, seed = 0, device: choice = "auto", verify = true }: TrainStepOptions,
): Promise<TrainCore> {
  const { network: kerasNetwork, inputs, outputs, weights: weightList } = model;
  const tfjs = await tfjsOn(choice, gradientDevices);
  if (verify && isGpu(tfjs.device)) await checkGradientsOnce(tfjs);
  const { tf, device, runOnBackend: onBackend } = tfjs;
  checkTrainable(model, device);
  checkChanges(model);

  const ops = opsTfjs(tf);
  const { model: network, variables, layers } = await tfjsModel(tfjs, kerasNetwork);
  const value = (key: string) => variables.get(key)!.read() as tfc.Variable;
  const paths = new Map([...layers].map(([path, layer]) => [layer, path]));
  const pathOf = (layer: tfl.layers.Layer) => paths.get(layer) ?? layer.name;
  const reseed = seedLayers([...layers.values()], seed);
  freeze(kerasNetwork, layers, model);

  const parameters = weightList.filter(({ multiplier }) => multiplier !== undefined);
  const byKey = new Map(parameters.map((parameter) => [parameter.key, parameter]));
  const statistics = weightList.filter(({ trainable }) => !trainable);
  const slots = new Map<string, tfc.Tensor>();
  const slotNames = Object.keys(optimizer.slots);
  onBackend(() => {
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
      for (const { key } of weightList) value(key).assign(toTf(tf, values.get(key)!, key));
    });
  }
  function setSlot(name: string, value: tfc.Tensor): void {
    slots.get(name)?.dispose();
    slots.set(name, tf.keep(value));
  }

  /** The values of x in the order of the network's inputs. */
  const inputsOf = ({ x }: Pick<StepBatch, "x">): tfc.Tensor[] =>
    inputs.map(({ name }) => toTf(tf, x[name]!, name));

  /** The first output of each call of a layer. */
  const outputsOf = (layer: tfl.layers.Layer) =>
    layer.inboundNodes.filter((node) => node.inboundLayers.length > 0).map((node) => node.outputTensors[0]!); // prettier-ignore

  const parts = new Map<string, tfl.LayersModel>();
  /** The network up to a layer; they share their layers. */
  function upTo(path: string): tfl.LayersModel {
    const layer = layers.get(path);
    if (!layer) throw unknownName(`layer of "${kerasNetwork.name}"`, path, [...layers.keys()]);
    const known = parts.get(path);
    if (known) return known;
    const part = tfjs.layers.model({ inputs: network.inputs, outputs: outputsOf(layer)[0]! });
    parts.set(path, part);
    return part;
  }

  /** The loss with regularizers, then the numbers of all measures. */
  function measure(batch: StepBatch, training: boolean): tfc.Tensor[][] {
    const { y, weight } = batch;
    const predictions = [network.apply(inputsOf(batch), { training })].flat() as tfc.Tensor[];
    const labelled = outputs.map(({ name, index }) => ({
      yTrue: toTf(tf, y[name]!, name),
      yPred: predictions[index]!,
      weight: Object.hasOwn(weight, name) ? toTf(tf, weight[name]!, name) : undefined,
    }));
    const penalties = weightList.flatMap(
      ({ key, regularizer }) => regularization<tfc.Tensor>(ops, regularizer, value(key), key) ?? [],
    );
    const { loss, numbers } = computeMeasures<tfc.Tensor>(ops, outputs, labelled);
    return [[[loss, ...penalties].reduce((a, b) => ops.add(a, b))], ...numbers];
  }

  /** Concatenates numbers, with the length of each group. */
  function flattenGroups(groups: readonly (readonly tfc.Tensor[])[]): Line {
    const lines = groups.map((group) => group.map((each) => tf.reshape(each, [-1])));
    const lengths = lines.map((group) => group.reduce((sum, { size }) => sum + size, 0));
    return { numbers: tf.concat(lines.flat()), lengths };
  }

  async function readLine({ numbers, lengths }: Line): Promise<Numbers> {
    const data = await numbers.data<"float32">();
    numbers.dispose();
    let offset = 0;
    return lengths.map((length) => Array.from(data.subarray(offset, (offset += length))));
  }

  /** A number that is finite only where all elements of all tensors are. */
  const sumOfAll = (tensors: readonly tfc.Tensor[]) =>
    // Not addN: on WebGPU, with more tensors than a shader may bind, it silently returns zeros.
    tf.sum(tf.stack([tf.scalar(0), ...tensors.map((each) => tf.sum(each))]));

  /** The measures, and as the last number whether gradients and moving averages are finite. */
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
      // A weight on which the loss does not depend has no gradient, and does not change.
      const gradients = parameters.flatMap(({ key }): Gradient[] => {
        const gradient: tfc.Tensor | null = grads[value(key).name] ?? null;
        return gradient ? [{ key, gradient }] : [];
      });
      const tensorsToCheck = [
        ...gradients.map(({ gradient }) => gradient),
        ...statistics.map(({ key }) => value(key)),
      ];
      const line = flattenGroups([...groups, [sumOfAll(tensorsToCheck)]]);
      tf.dispose(groups.flat());
      ({ lengths } = line);
      return { numbers: line.numbers, gradients };
    });
    return { line: { numbers, lengths }, gradients };
  }

  /** The updated parameters, not yet assigned. */
  function computeUpdates(
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
      ).map(({ key, value: newValue, slots: newSlots }) => {
        const { constraint } = byKey.get(key)!;
        // Copies, which share their memory: an optimizer may hand on what it was given, which is not to be disposed of.
        return {
          key,
          value: tf.clone(applyConstraint<tfc.Tensor>(ops, constraint, newValue, key)),
          slots: Object.fromEntries(slotNames.map((slot) => [slot, tf.clone(newSlots[slot]!)])),
        };
      });
      tensorsOf(updates).forEach((each) => tf.keep(each));
      return sumOfAll(tensorsOf(updates));
    });
    return { parameters: updates, line: { numbers, lengths: [1] } };
  }

  const tensorsOf = (updates: readonly UpdatedParameter<tfc.Tensor>[]): tfc.Tensor[] =>
    updates.flatMap(({ value: newValue, slots: newSlots }) => [
      newValue,
      ...slotNames.map((slot) => newSlots[slot]!),
    ]);

  let isChecked = false;
  async function compute(
    batches: readonly StepBatch[],
    position: StepPosition,
  ): Promise<PendingStep> {
    if (!isChecked) checkChanges(model, batches[0]);
    isChecked = true;
    // Batch normalization updates its averages with every batch: a failing step restores them.
    const savedStatistics = onBackend(() =>
      statistics.map(({ key }) => ({ key, tensor: tf.clone(value(key)) })),
    );
    const examples = batches.reduce((sum, each) => sum + each.examples, 0);
    const numbers: Numbers[] = [];
    let total: readonly Gradient[] = [];
    let last: { batch: StepBatch; loss: number; gradients: readonly Gradient[] } | undefined;
    let finite = true;
    for (const [part, batch] of batches.entries()) {
      reseed(position.iteration, part);
      const { gradients, measurements } = await tfjs.checked(async () => {
        const { line, gradients } = withEngineError(() => onBackend(() => differentiate(batch)));
        return { gradients, measurements: await readLine(line) };
      });
      numbers.push(measurements.slice(0, -1));
      if (last) dispose(last.gradients);
      last = { batch, loss: measurements[0]![0]!, gradients };
      finite = Number.isFinite(last.loss);
      // If only the sum of the finite check overflows, the step continues.
      if (finite && !Number.isFinite(measurements.at(-1)![0]))
        finite = !(await firstNonFinite(last, []));
      if (!finite) break;
      if (batches.length > 1) {
        const newTotal = onBackend(() => sumOf(total, gradients, batch.examples / examples));
        dispose(total);
        total = newTotal;
      }
    }
    let updates: readonly UpdatedParameter<tfc.Tensor>[] = [];
    if (finite) {
      const gradients = batches.length > 1 ? total : last!.gradients;
      const [sum] = await tfjs.checked(async () => {
        const update = onBackend(() => computeUpdates(gradients, position));
        updates = update.parameters;
        return readLine(update.line);
      });
      finite = Number.isFinite(sum![0]);
    }
    const free = () => {
      dispose(total);
      dispose(last?.gradients ?? []);
      tf.dispose(savedStatistics.map(({ tensor }) => tensor));
    };
    return {
      numbers,
      isFinite: finite,
      commit: () => {
        onBackend(() => {
          for (const { key, value: newValue, slots: newSlots } of updates) {
            value(key).assign(newValue as tfc.Variable);
            newValue.dispose();
            for (const slot of slotNames) setSlot(`${key}/${slot}`, newSlots[slot]!);
          }
        });
        free();
      },
      discard: () => {
        onBackend(() => savedStatistics.forEach(({ key, tensor }) => value(key).assign(tensor)));
        tf.dispose(tensorsOf(updates));
        free();
      },
      firstNonFinite: () => firstNonFinite(last!, updates),
    };
  }

  /** Turns TF.js' errors into CajalErrors. */
  function withEngineError<T>(body: () => T): T {
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
        const summed = sum.find((each) => each.key === key);
        return { key, gradient: summed ? tf.add(summed.gradient, part) : part };
      }),
    );

  /** Checks the tensors of a step in the order in which they are computed. */
  async function firstNonFinite(
    { batch, loss, gradients }: { batch: StepBatch; loss: number; gradients: readonly Gradient[] },
    updates: readonly UpdatedParameter<tfc.Tensor>[],
  ): Promise<NonFinite | undefined> {
    const namedTensors = onBackend(() =>
      tf.tidy(() => {
        const weights = weightList.map(({ key }) => ({ key, tensor: tf.clone(value(key)) }));
        const outputs = network.layers.flatMap((layer) =>
          outputsOf(layer).map((output) => ({ layer: pathOf(layer), output })),
        );
        const probe = tfjs.layers.model({
          inputs: network.inputs,
          outputs: outputs.map(({ output }) => output),
        });
        const values = probe.apply(inputsOf(batch), { training: true });
        // The probe updates moving averages, too: they are restored.
        for (const { key, tensor } of weights)
          if (statistics.some((each) => each.key === key)) value(key).assign(tensor);
        return [
          ...weights.map(({ key, tensor }) => ({ name: `weight "${key}"`, tensor })),
          ...[values].flat().map((each, i) => ({
            name: `the output of layer "${outputs[i]!.layer}"`,
            tensor: each as tfc.Tensor,
          })),
        ];
      }),
    );
    const nonFiniteIn = async (name: string, tensor: tfc.Tensor) =>
      findNonFinite(name, { data: await tensor.data<"float32">() });
    try {
      for (const { name, tensor } of namedTensors) {
        const nonFinite = await nonFiniteIn(name, tensor);
        if (nonFinite) return nonFinite;
      }
      const nonFinite = findNonFinite("the loss", { data: Float32Array.of(loss) });
      if (nonFinite) return nonFinite;
      for (const { key, gradient } of gradients.toReversed()) {
        const nonFinite = await nonFiniteIn(`the gradient of "${key}"`, gradient);
        if (nonFinite) return nonFinite;
      }
      for (const { key, value: newValue, slots: newSlots } of updates) {
        const nonFinite =
          (await nonFiniteIn(`the new weight "${key}"`, newValue)) ??
          (await firstOf(
            slotNames.map((slot) =>
              nonFiniteIn(`the new optimizer's state "${key}/${slot}"`, newSlots[slot]!),
            ),
          ));
        if (nonFinite) return nonFinite;
      }
      return undefined;
    } finally {
      tf.dispose(namedTensors.map(({ tensor }) => tensor));
    }
  }

  return {
    engine: "tfjs",
    device,
    isTested:
      device === "cpu" &&
      isInstalled("@tensorflow/tfjs-core", testedVersions["@tensorflow/tfjs-core"]),
    compute,
    measure: (batch) =>
      tfjs.checked(async () => {
        let lengths: readonly number[] = [];
        const numbers = withEngineError(() =>
          onBackend(() =>
            tf.tidy(() => {
              const line = flattenGroups(measure(batch, false));
              ({ lengths } = line);
              return line.numbers;
            }),
          ),
        );
        return readLine({ numbers, lengths });
      }),
    predict: (x, of) =>
      tfjs.checked(async () => {
        const i = outputCalled(outputs, of);
        const part = i < 0 ? upTo(of) : network;
        const value = withEngineError(() =>
          onBackend(() =>
            tf.tidy(() => {
              const values = [part.apply(inputsOf({ x }), { training: false })].flat() as tfc.Tensor[]; // prettier-ignore
              const output = outputs[i];
              return output ? asGiven(ops, output, values[output.index]!) : values[0]!;
            }),
          ),
        );
        try {
          return fromTfjs(await value.data(), value.shape, value.dtype as DType);
        } finally {
          value.dispose();
        }
      }),
    readWeights: () => readAll(weightList.map(({ key }) => [key, value(key)])),
    readSlots: () => readAll(slots),
    write: (values, state) =>
      onBackend(() => {
        assign(values);
        for (const name of slots.keys()) setSlot(name, toTf(tf, state.get(name)!, name));
      }),
    free: () =>
      onBackend(() => {
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

/** A copy, so that the caller may change its array later. */
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
