// Prints a hash of every graph that the networks become: lowered for inference, and as training steps. A change
// that is to move code alone leaves all of them as they were:
//   node scripts/run-source.mjs packages/bench/scripts/graphHashes.ts [name, e.g. T1,VGG16] > before.txt
// What is hashed is what ONNX Runtime is given, bytes and weights, so nothing of how it came about matters.
import { createHash } from "node:crypto";
import { sizeOf, tensor, type NamedBatch, type Tensor, type Weights } from "@cajal/core";
import {
  functional,
  modelFacts,
  models,
  modelTable,
  summary,
  toKerasJson,
  toOnnx,
  weightSpecs,
  type ModelConfig,
} from "@cajal/models";
import { encodeModel } from "@cajal/onnx";
import { openTrainStep, type TrainStepOptions } from "@cajal/runtime";
import {
  adam,
  binaryCrossentropy,
  categoricalCrossentropy,
  meanSquaredError,
  sgd,
  sparseCategoricalCrossentropy,
} from "@cajal/train";
import ort from "onnxruntime-node";

const names = process.argv[2]?.split(",");
const isWanted = (name: string) => names === undefined || names.includes(name);

function printHash(name: string, ...parts: readonly (string | Uint8Array)[]): void {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  console.log(`${hash.digest("hex")}  ${name}`);
}

/** The same numbers in every run, and cheap ones: VGG has 144 million. */
function weightsOf(model: ModelConfig): Weights {
  return new Map(
    weightSpecs(model).map(({ key, shape }, at): [string, Tensor] => {
      const data = new Float32Array(sizeOf(shape));
      for (let i = 0; i < data.length; i++) data[i] = (((i + at) % 29) + 1) / 64;
      return [key, tensor("float32", shape, data)];
    }),
  );
}

for (const { name, build } of models) {
  if (!isWanted(name)) continue;
  const model = build();
  printHash(`${name}, summary`, JSON.stringify(summary(model)));
  printHash(`${name}, Keras 2`, JSON.stringify(toKerasJson(model)));
  printHash(`${name}, Keras 3`, JSON.stringify(toKerasJson(model, { version: 3 })));
  printHash(`${name}, row`, JSON.stringify(modelTable([modelFacts(name)])));
  printHash(`${name}, for inference`, encodeModel(toOnnx(model, weightsOf(model))));
}

interface TrainingCase {
  readonly model: ModelConfig;
  readonly batch: NamedBatch;
  readonly options: TrainStepOptions;
}

const ramp = (...shape: number[]) =>
  tensor(
    "float32",
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i % 17) / 17),
  );
const classes = (n: number) =>
  tensor(
    "int32",
    [n],
    Int32Array.from({ length: n }, (_, i) => i % 3),
  );
const momentum = sgd({ learningRate: 0.01, momentum: 0.9 });

function benchmarkCase(name: string, examples: number): TrainingCase {
  const { build, input } = modelFacts(name);
  return {
    model: build({ classifier_activation: null }),
    batch: { x: ramp(examples, ...input), y: classes(examples) },
    options: { loss: sparseCategoricalCrossentropy({ fromLogits: true }), optimizer: momentum },
  };
}

/** An image in, an image out, with a connection across. */
function unet(): TrainingCase {
  const net = functional("unet");
  const image = net.input([16, 16, 3]);
  const down = net.layer("Conv2D", { filters: 4, kernel_size: 3, padding: "same", activation: "relu" }, image); // prettier-ignore
  let x = net.layer("MaxPooling2D", {}, down);
  x = net.layer("Conv2D", { filters: 8, kernel_size: 3, padding: "same", use_bias: false }, x);
  x = net.layer("BatchNormalization", {}, x);
  x = net.layer("LeakyReLU", {}, x);
  x = net.layer("SpatialDropout2D", { rate: 0.2 }, x);
  x = net.layer("Conv2DTranspose", { filters: 4, kernel_size: 2, strides: 2 }, x);
  x = net.layer("Concatenate", {}, [down, x]);
  x = net.layer("UpSampling2D", { interpolation: "bilinear" }, x);
  x = net.layer("AveragePooling2D", {}, x);
  x = net.layer("Conv2D", { filters: 1, kernel_size: 1, activation: "sigmoid" }, x);
  return {
    model: net.model([image], [x]),
    batch: { x: ramp(2, 16, 16, 3), y: ramp(2, 16, 16, 1) },
    options: { loss: binaryCrossentropy(), optimizer: adam() },
  };
}

function recurrent(): TrainingCase {
  const net = functional("recurrent");
  const words = net.input([7], { dtype: "int32" });
  let x = net.layer("Embedding", { input_dim: 11, output_dim: 5 }, words);
  x = net.layer("Bidirectional", { layer: { class_name: "LSTM", config: { units: 3, return_sequences: true } } }, x); // prettier-ignore
  x = net.layer("GRU", { units: 4, dropout: 0.1 }, x);
  x = net.layer("Dropout", { rate: 0.5 }, x);
  x = net.layer("Dense", { units: 3 }, x);
  x = net.layer("Softmax", {}, x);
  return {
    model: net.model([words], [x]),
    batch: { x: tensor("int32", [2, 7], [...ramp(2, 7).data.keys()].map((i) => i % 11)), y: classes(2) }, // prettier-ignore
    options: { loss: sparseCategoricalCrossentropy(), optimizer: momentum },
  };
}

/** Two outputs, one model within the other, a layer called twice, regularizers and constraints. */
function nested(): TrainingCase {
  const inner = functional("inner");
  const line = inner.input([6], { name: "line" });
  let z = inner.layer("Dense", { name: "first", units: 5, kernel_regularizer: "l2" }, line);
  z = inner.layer("BatchNormalization", { name: "normalized" }, z);
  const body = inner.model([line], [inner.layer("ReLU", { max_value: 6 }, z)]);
  const net = functional("nested");
  const x = net.input([6], { name: "x" });
  const shared = net.layer("Dense", { name: "shared", units: 6, kernel_constraint: { class_name: "MaxNorm", config: { max_value: 2 } } }, x); // prettier-ignore
  const repeated = net.again(shared, shared);
  const { config } = net.model([x], [net.layer("Dense", { name: "a", units: 2, activation: "softmax" }, repeated), repeated]); // prettier-ignore
  const model: ModelConfig = {
    class_name: "Functional",
    config: {
      ...config,
      layers: [
        ...config.layers,
        { class_name: "Functional", name: "inner", config: { ...body.config }, inbound_nodes: [[["shared", 1, 0, {}]]] }, // prettier-ignore
        { class_name: "Dense", name: "b", config: { units: 1 }, inbound_nodes: [[["inner", 1, 0, {}]]] }, // prettier-ignore
      ],
      output_layers: [
        ["a", 0, 0],
        ["b", 0, 0],
      ],
    },
  };
  return {
    model,
    batch: { x: ramp(4, 6), y: { a: ramp(4, 2), b: ramp(4, 1) } },
    options: {
      loss: { a: categoricalCrossentropy(), b: meanSquaredError() },
      optimizer: adam({ clipNorm: 1 }),
      learningRateMultipliers: { inner: 0.5 },
    },
  };
}

function freeExtents(): TrainingCase {
  const net = functional("free");
  const image = net.input([null, null, 3]);
  let x = net.layer("Conv2D", { filters: 4, kernel_size: 3, padding: "same" }, image);
  x = net.layer("BatchNormalization", { scale: false }, x);
  x = net.layer("GlobalAveragePooling2D", {}, x);
  x = net.layer("Dense", { units: 3, activation: "softmax" }, x);
  return {
    model: net.model([image], [x]),
    batch: { x: ramp(2, 8, 6, 3), y: classes(2) },
    options: { loss: sparseCategoricalCrossentropy(), optimizer: momentum },
  };
}

const frozen = (): TrainingCase => {
  const { options, ...rest } = benchmarkCase("ConvNet", 4);
  const names = weightSpecs(rest.model).map(({ key }) => key.split("/")[0]!);
  return { ...rest, options: { ...options, frozen: [...new Set(names.slice(0, 8))] } };
};

const oneOfTwo = (): TrainingCase => {
  const { options, batch, ...rest } = nested();
  return {
    ...rest,
    batch: { x: batch.x, y: ramp(4, 1) },
    options: { ...options, loss: { b: meanSquaredError() } },
  };
};

/** Small ones run, all kinds of their graphs; of large ones a step's graph is enough. */
const steps: Readonly<Record<string, { readonly small: boolean; make(): TrainingCase }>> = {
  T1: { small: true, make: () => benchmarkCase("LeNet5", 64) },
  T2: { small: true, make: () => benchmarkCase("ConvNet", 64) },
  T3: { small: false, make: () => benchmarkCase("MobileNet", 8) },
  T4: { small: false, make: () => benchmarkCase("ResNet50", 8) },
  unet: { small: true, make: unet },
  recurrent: { small: true, make: recurrent },
  nested: { small: true, make: nested },
  oneOfTwo: { small: true, make: oneOfTwo },
  free: { small: true, make: freeExtents },
  frozen: { small: true, make: frozen },
};

type Create = typeof ort.InferenceSession.create;
const create: Create = ort.InferenceSession.create.bind(ort.InferenceSession);
class GraphCaptured extends Error {}

for (const [name, { small, make }] of Object.entries(steps)) {
  if (!isWanted(name)) continue;
  const { model, batch, options } = make();
  const step = await openTrainStep(model, weightsOf(model), { ...options, verify: false });
  let count = 0;
  const hashed = async (bytes: Uint8Array, options?: ort.InferenceSession.SessionOptions) => {
    // Trials of what the runtime can do are no graphs of ours.
    if (bytes.length < 500) return create(bytes, options);
    const external = (options?.externalData ?? []).map(
      (file) => (file as { data: Uint8Array }).data,
    );
    printHash(`${name}, graph ${++count}`, bytes, ...external);
    if (!small) throw new GraphCaptured("hashed");
    return create(bytes, options);
  };
  ort.InferenceSession.create = hashed as Create;
  try {
    await step.run(batch);
    await step.evaluate(batch);
    await step.run([batch, batch]);
  } catch (error) {
    if (small) throw error;
  } finally {
    ort.InferenceSession.create = create;
    await step.dispose();
  }
}
