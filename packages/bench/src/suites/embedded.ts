// The suite on data within the packages: PCA of iris, a network trained on handwritten digits, and the same network on
// every engine.
import {
  type Batch,
  CajalError,
  isCajalError,
  type Tensor,
  tensor,
  type Weights,
} from "@cajal/core";
import { type Dataset, digits, iris, pca } from "@cajal/datasets";
import { lenet5, type ModelConfig, summary } from "@cajal/models";
import { type DeviceInfo, devices, open, type Session } from "@cajal/runtime";
import { accuracy, adam, cosineDecay, sparseCategoricalCrossentropy, train } from "@cajal/train";
import { checkAgreement } from "../measure/agreement";
import { engineName, figures, percent, times } from "../text/format";
import { asBitmaps, imageSet, inkOf } from "../choices/imageSets";
import { interleave } from "../measure/interleave";
import { confusionOf, readings } from "../measure/readings";
import type { Epoch } from "../report/sections/learning";
import { median, p90 } from "../measure/statistics";
import type { StageEvent, Suite, SuiteContext } from "./suite";
import { placeOf, versionsOf } from "../measure/versionsOf";

/** Minimum accuracy on the held-out digits. */
const accuracyExpected = 0.97;

/**
 * Largest relative difference of logits between engines, see `relativeDifference`. Float32 has 24
 * bits (6e-8); sums of some hundred products in another order differ in the last few of them.
 */
const tolerance = 1e-5;

const { epochs, batch: batchSize, learningRate } = imageSet("digits").recipe;
/** Batch sizes that are timed. */
const batches = [1, 64];

type Stage<Result = void> = AsyncGenerator<StageEvent, Result, undefined>;

export const embedded: Suite = {
  name: "embedded",
  title: "From flowers to digits",
  description: "iris → PCA, LeNet-5 learns digits, the same network on every engine",
  takes: [],
  async *run(context) {
    yield* flowers();
    const [training, validation] = digits().split(0.8, { seed: context.seed, stratify: true });
    // Logits, not probabilities: engines are compared on them.
    const model = lenet5({ input_shape: [32, 32, 1], classifier_activation: null });
    const outcome = yield* learning(
      context,
      model,
      training.map(asBitmaps),
      validation.map(asBitmaps),
    );
    yield* compareEngines(context, model, outcome, validation);
  },
};

/** Iris in the plane of its first two principal components. */
async function* flowers(): Stage {
  yield { type: "stage", title: "Iris to its principal components" };
  const data = iris();
  const { x, y } = await data.all();
  const analysis = pca(x);
  const ratios = [...analysis.explainedVarianceRatio.data];
  const projected = analysis.transform(x).data;
  yield {
    type: "section",
    section: {
      type: "pca",
      dataset: "iris",
      features: ["sepal length", "sepal width", "petal length", "petal width"],
      classes: data.classes ?? [],
      explained_variance_ratio: ratios,
      points: Array.from(y.data, (label, i) => ({
        x: projected[i * ratios.length]!,
        y: projected[i * ratios.length + 1]!,
        label: Number(label),
      })),
    },
  };
  yield {
    type: "stage-end",
    result: `two of ${ratios.length} keep ${percent(ratios[0]! + ratios[1]!)} of the variance`,
  };
}

/** Trains the network. */
async function* learning(
  { seed, signal, record }: SuiteContext,
  model: ModelConfig,
  training: Dataset,
  validation: Dataset,
): Stage<Weights> {
  yield { type: "stage", title: "LeNet-5 learns digits" };
  const finished: Epoch[] = [];
  let place = { engine: "", device: "" };
  let weights: Weights | undefined;
  let seconds = 0;
  const stepTimes: number[] = [];
  let startTime = 0;
  const steps = epochs * Math.ceil(training.size / batchSize);
  const places = await devices({ signal });
  const native = places.some(
    ({ engine, device, available }) => engine === "onnx" && device === "cpu" && available,
  );
  const run = train(model, training, {
    // Hundreds of times as fast as TF.js, which is used where ONNX Runtime is not installed.
    engine: native ? "onnx" : "tfjs",
    epochs,
    batchSize,
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    optimizer: adam({ learningRate: cosineDecay(learningRate, { decaySteps: steps }) }),
    metrics: [accuracy()],
    validation: validation.batch(validation.size),
    seed,
    signal,
    worker: false, // steps are timed
  });
  for await (const event of run)
    switch (event.type) {
      case "start":
        place = { engine: event.engine, device: event.device };
        startTime = performance.now();
        break;
      case "step":
        stepTimes.push(performance.now() - startTime);
        yield {
          type: "progress",
          done: (event.epoch + (event.batch + 1) / event.stepsPerEpoch) / epochs,
          note: [
            `epoch ${event.epoch + 1} of ${epochs}`,
            `loss ${event.loss.toFixed(3)}`,
            ...finished.slice(-1).map((epoch) => `validation ${percent(epoch.val_accuracy)}`),
          ].join("  "),
        };
        startTime = performance.now();
        break;
      case "epoch":
        finished.push({
          epoch: event.epoch + 1,
          loss: event.loss,
          accuracy: event.metrics.accuracy!,
          val_loss: event.validation!.loss,
          val_accuracy: event.validation!.metrics.accuracy!,
          seconds: event.seconds,
        });
        startTime = performance.now();
        break;
      case "end":
        ({ weights, seconds } = event);
        break;
    }
  if (weights === undefined)
    throw new CajalError("engine", "training ended without weights.", place);

  const { totalParams: params, macs } = summary(model);
  const last = finished.at(-1)!;
  const versions = versionsOf(placeOf(places, place));
  const common = { model: "lenet5", dataset: "digits", ...place, params, macs, versions };
  yield {
    type: "record",
    record: record({
      ...common,
      phase: "train",
      batch: batchSize,
      n: steps,
      median_ms: figures(median(stepTimes)),
      p90_ms: figures(p90(stepTimes)),
    }),
  };
  yield {
    type: "record",
    record: record({
      ...common,
      phase: "accuracy",
      batch: validation.size,
      n: validation.size,
      top1: last.val_accuracy,
    }),
  };
  yield {
    type: "section",
    section: {
      type: "learning",
      model: "LeNet-5",
      dataset: "digits",
      ...place,
      optimizer: `Adam with learning rate ${learningRate} falling to 0 as a cosine`,
      batch: batchSize,
      params,
      macs,
      train_examples: training.size,
      validation_examples: validation.size,
      seconds,
      epochs: finished,
    },
  };
  yield {
    type: "check",
    check: {
      name: "Held-out digits are read",
      held: last.val_accuracy >= accuracyExpected,
      got: percent(last.val_accuracy, 2),
      expected: `at least ${percent(accuracyExpected, 0)}`,
    },
  };
  yield {
    type: "stage-end",
    result: `${percent(last.val_accuracy)} of ${validation.size} held-out digits read right`,
  };
  return weights;
}

/** Compares the trained network's outputs and speed on every engine and device. */
async function* compareEngines(
  context: SuiteContext,
  model: ModelConfig,
  weights: Weights,
  validation: Dataset,
): Stage {
  const { signal } = context;
  const { x } = await validation.map(asBitmaps).all();
  yield { type: "stage", title: "The network on every engine" };
  const all = await devices({ signal });
  const unavailable = all
    .filter(({ available }) => !available)
    .map(({ engine, device, reason = "not here" }) => ({ engine, device, reason }));
  const sessions: Session[] = [];
  try {
    for (const { engine, device, available } of all) {
      if (!available) continue;
      try {
        sessions.push(await open(model, weights, { engine, device }));
      } catch (error) {
        // A device that is available but fails is reported; the run continues.
        if (!isCajalError(error)) throw error;
        unavailable.push({ engine, device, reason: error.message });
      }
    }
    const [reference] = sessions;
    if (reference === undefined)
      throw new CajalError(
        "no-device",
        `no engine is available: ${unavailable.map((place) => `${engineName(place)}: ${place.reason}`).join("; ")}`,
        { unavailable },
      );
    const logits = await reference.predict(x, { signal });
    yield* reading(logits, await validation.all());

    const agreement = [];
    for (const session of sessions.slice(1)) {
      const { engine, device } = session;
      const { difference, check } = await checkAgreement(
        session,
        { engine: reference.engine, device: reference.device, logits },
        x,
        { tolerance, signal },
      );
      agreement.push({ engine, device, difference });
      yield { type: "check", check };
    }
    yield {
      type: "section",
      section: {
        type: "engines",
        model: "lenet5",
        dataset: "digits",
        examples: validation.size,
        tolerance,
        reference: { engine: reference.engine, device: reference.device },
        agreement,
        unavailable,
      },
    };
    yield* timing(context, sessions, x, all);
  } finally {
    await Promise.all(sessions.map((session) => session.dispose()));
  }
}

/** Predictions, and wrong ones. */
async function* reading(logits: Tensor, { x, y }: Batch): Stage {
  const answers = readings(logits);
  const truths = Array.from(y.data, Number);
  const [, height = 0, width = 0] = x.shape;
  const pixels = height * width;
  const classes = digits().classes ?? [];
  yield {
    type: "section",
    section: {
      type: "predictions",
      model: "LeNet-5",
      dataset: "digits",
      classes,
      examples: truths.length,
      confusion: confusionOf(
        truths,
        answers.map(({ read }) => read),
        classes.length,
      ),
      misread: answers
        .map((answer, index) => ({ ...answer, index, truth: truths[index]! }))
        .filter(({ read, truth }) => read !== truth)
        .sort((a, b) => b.probability - a.probability)
        .map((answer) => ({
          ...answer,
          width,
          height,
          pixels: Array.from(
            x.data.slice(answer.index * pixels, (answer.index + 1) * pixels),
            inkOf,
          ),
        })),
    },
  };
}

/** Latencies in interleaved rounds. */
async function* timing(
  { signal, record }: SuiteContext,
  sessions: readonly Session[],
  x: Tensor,
  all: readonly DeviceInfo[],
): Stage {
  const lines: string[] = [];
  for (const [i, batch] of batches.entries()) {
    const batchImages = first(x, batch);
    const turns = interleave(
      sessions.map((session) => ({
        name: engineName(session),
        call: () => session.predict(batchImages, { signal }),
      })),
      { rounds: 10, milliseconds: 60, signal },
    );
    let turn = await turns.next();
    for (; turn.done !== true; turn = await turns.next())
      yield {
        type: "progress",
        done: (i + turn.value.done) / batches.length,
        note: `batch ${batch}  ${turn.value.name}`,
      };
    const measured = turn.value;
    const medians = measured.map(median);
    for (const [j, { engine, device }] of sessions.entries())
      yield {
        type: "record",
        record: record({
          model: "lenet5",
          dataset: "digits",
          phase: "predict",
          engine,
          device,
          batch,
          n: measured[j]!.length,
          median_ms: figures(medians[j]!),
          p90_ms: figures(p90(measured[j]!)),
          versions: versionsOf(placeOf(all, { engine, device })),
        }),
      };
    const of = (engine: string, device: string) =>
      medians[sessions.findIndex((each) => each.engine === engine && each.device === device)];
    const native = of("onnx", "cpu");
    for (const device of ["wasm", "cpu"]) {
      const other = of("tfjs", device);
      if (native !== undefined && other !== undefined)
        lines.push(`${times(other / native)} faster than TF.js ${device} at batch ${batch}`);
    }
  }
  yield {
    type: "stage-end",
    result: lines.length === 0 ? "" : `onnxruntime-node is ${lines.join(", ")}`,
  };
}

/** The first `n` examples. */
function first(x: Tensor, n: number): Tensor {
  const size = x.data.length / x.shape[0]!;
  return tensor(
    "float32",
    [n, ...x.shape.slice(1)],
    Float32Array.from(x.data.slice(0, n * size), Number),
  );
}
