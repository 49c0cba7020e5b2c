// Arguments that each public function takes, to be spoilt one field at a time: options, too. Who is not named here
// takes none.
import { random, tensor, type Tensor } from "@cajal/core";
import { dataset } from "@cajal/datasets";
import { bytesSource, encodeNpy, encodeNpz, encodeSafetensors, encodeZip } from "@cajal/files";
import { functional, resolve, toOnnx } from "@cajal/models";
import { encodeModel, GraphBuilder } from "@cajal/onnx";
import { initialize } from "@cajal/runtime";
import { encodeCheckpoint, encodeSavedModel, type Checkpoint } from "@cajal/train";
import { gzipSync } from "node:zlib";
import report from "../fixtures/report.json";

const floats = (...shape: number[]) =>
  tensor(
    "float32",
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 7) / 7),
  );

const net = functional("net");
const image = net.input([4, 4, 1], { name: "image" });
const flat = net.layer("Flatten", { name: "flat" }, image);
const config = net.model(
  image,
  net.layer("Dense", { units: 3, name: "classes", activation: "softmax" }, flat),
);
const weights = initialize(config, { seed: 1 });
const model = toOnnx(config, weights);
const onnxBytes = encodeModel(model);

const x = floats(6, 4, 4, 1);
const y = tensor("int32", [6], [0, 1, 2, 0, 1, 2]);
const data = dataset({ x, y }).batch(3);
const loss = "sparse_categorical_crossentropy";
const training = {
  epochs: 1,
  loss,
  optimizer: "sgd",
  engine: "onnx",
  device: "cpu",
  verify: false,
};

const g = () => new GraphBuilder();
const square = () => {
  const builder = g();
  const value = builder.input("x", "float32", [2]);
  return [builder, builder.mul(value, value), [value]];
};

const state = new Map<string, Tensor>([["iteration", tensor("int64", [], [1])]]);
const checkpoint: Checkpoint = {
  weights,
  state,
  position: {
    step: 1,
    epoch: 0,
    batch: 1,
    data: { size: 6, batchSize: 3 },
    totals: { loss: [1, 3] },
  },
  seed: 1,
};
const record = report.records[0];
const npy = encodeNpy(floats(2, 3));
const zip = encodeZip(new Map([["a.npy", npy]]));
const steps = { decaySteps: 10 };

/** Four samples of 16 bits at 8 kHz, by the format's first page: soundfile.sapp.org/doc/WaveFormat. */
function wav(): Uint8Array {
  const bytes = new Uint8Array(52);
  const view = new DataView(bytes.buffer);
  const text = (at: number, word: string) => bytes.set(new TextEncoder().encode(word), at);
  text(0, "RIFF");
  view.setUint32(4, 44, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  [1, 1].forEach((value, i) => view.setUint16(20 + 2 * i, value, true));
  [8000, 16000].forEach((value, i) => view.setUint32(24 + 4 * i, value, true));
  [2, 16].forEach((value, i) => view.setUint16(32 + 2 * i, value, true));
  text(36, "data");
  view.setUint32(40, 8, true);
  return bytes;
}

const picture = tensor(
  "uint8",
  [4, 4, 3],
  Array.from({ length: 48 }, (_, i) => 5 * i),
);
const wide = functional("wide");
const line = wide.input([16]);
const wideConfig = wide.model(line, wide.layer("Dense", { units: 20 }, line));
const wideModel = toOnnx(wideConfig, initialize(wideConfig, { seed: 1 }));

const pixels = { width: 2, height: 1, data: new Uint8Array(8) };
const pooled = functional("pooled");
const anySize = pooled.input([4, 4, 1]);
const denseless = pooled.model(anySize, pooled.layer("GlobalAveragePooling2D", {}, anySize));

/** A data set in a folder that is not there. */
const fromNowhere = { folder: "absent", split: "test", mirrors: ["http://127.0.0.1:1/"], cache: "cache", offline: false }; // prettier-ignore
const pair = { first: ["Ann", 1], second: ["Bob", 2], same: false, fold: 0 };

/** Made anew for each call: what is opened may be used up. */
export const soundArguments: Readonly<
  Record<string, () => readonly unknown[] | Promise<readonly unknown[]>>
> = {
  "core tensor": () => ["float32", [2, 2], [1, 2, 3, 4]],
  "core sizeOf": () => [[2, 3]],
  "core checkTensor": () => [x, "x"],
  "core bytesOf": () => [x],
  "core showShape": () => [[2, null]],
  "core isTensor": () => [x],
  "core at": () => [x, 1],
  "core argMax": () => [floats(2, 3)],
  "core preprocessInput": () => [floats(1, 2, 2, 3), "tf", {}],
  "core random": () => [1, "shuffle", 2],
  "core unknownName": () => ["layer", "Dens", ["Dense"]],
  "core nearest": () => ["Dens", ["Dense", "Conv2D"]],
  "core checkOptions": () => ["f", { seed: 1 }, { seed: { whole: true, least: 0 } }],
  "core optionsOf": () => [{ seed: true }],
  "core checkInteger": () => ["f", "n", 3, { least: 0 }],
  "core checkNumber": () => ["f", "n", 3.5, { least: 0 }],
  "core checkArgument": () => ["f", "n", "text", "string"],
  "core abortable": () => [1, new AbortController().signal],
  "core peerError": () => ["sharp", new Error("x"), { install: "npm install sharp" }],
  "files encodeNpy": () => [x],
  "files crc32": () => [npy],
  "files listTar": () => [bytesSource(new Uint8Array(1024))],
  "files decodeNpy": () => [npy, "npy"],
  "files encodeNpz": () => [new Map([["a", x]])],
  "files openNpz": () => [bytesSource(encodeNpz(new Map([["a", x]])))],
  "files encodeZip": () => [new Map([["a", npy]])],
  "files openZip": () => [bytesSource(zip)],
  "files encodeSafetensors": () => [{ tensors: weights, metadata: { a: "b" } }],
  "files openSafetensors": () => [
    bytesSource(encodeSafetensors({ tensors: weights, metadata: {} })),
  ],
  "files decodeSafetensors": () => [encodeSafetensors({ tensors: weights, metadata: {} })],
  "files fetchBytes": () => [{ urls: ["data:,x"], retries: 0 }],
  "files bytesSource": () => [npy, "npy"],
  "files blobSource": () => [new Blob([npy])],
  "files/node gunzip": () => [gzipSync(npy), { name: "x", limit: 1000 }],
  "files/node isGzip": () => [npy],
  "files/node cacheContents": () => ["."],
  "files/node fetchFile": () => [
    { urls: ["https://x.invalid/a"], to: "a", retries: 0, offline: true },
  ],
  "files/node writeWhole": () => ["written", npy],
  "files/node fileSource": () => ["absent"],
  "onnx checkModel": () => [model],
  "onnx problemsOf": () => [model],
  "onnx inferShapes": () => [model],
  "onnx upgradeModel": () => [model],
  "onnx inlineFunctions": () => [model],
  "onnx blocked": () => [model, 8],
  "onnx guardEmpty": () => [model],
  "onnx decomposeTrainingNormalization": () => [model, { rank: 2 }],
  "onnx decomposeUnsupported": () => [model],
  "onnx fillChannels": () => [model],
  "onnx reduceInSteps": () => [model],
  "onnx timeFirst": () => [model],
  "onnx explicitPads": () => [model],
  "onnx mayFailOnEmpty": () => [model],
  "onnx nodeFailingOnEmpty": () => [model, new Map()],
  "onnx shapesFor": () => [model, { image: [1, 4, 4, 1] }],
  "onnx withInitializers": () => [model, new Map(model.graph.initializers)],
  "onnx differentiate": () => [
    model,
    { of: model.graph.outputs[0]!.name, withRespectTo: ["image"] },
  ],
  "onnx gradients": square,
  "onnx checkDifferentiable": square,
  "onnx keepsExamplesApart": () =>
    [4, 2].map((examples) => {
      const builder = g();
      const value = builder.input("x", "float32", [examples, 3]);
      return { g: builder, outputs: [builder.mul(value, value)], examples: [value], drawn: [] };
    }),
  "onnx multiplyAdds": () => [model.graph.nodes.at(-1), () => [6, 3]],
  "onnx encodeModel": () => [model],
  "onnx encodeModelParts": () => [model],
  "onnx encodeModelForMemory": () => [model],
  "onnx encodeModelWithExternalData": () => [model, { location: "w.bin", threshold: 8 }],
  "onnx decodeModel": () => [onnxBytes],
  "onnx decodeModelWithExternalData": () => [
    onnxBytes,
    async () => ({ size: 0, read: async () => new Uint8Array() }),
  ],
  "onnx dataOf": () => [
    [...model.graph.initializers.values()][0],
    (_: string, length: number) => new Float32Array(length),
  ],
  "onnx isLazy": () => [[...model.graph.initializers.values()][0]],
  "onnx lazyTensor": () => ["float32", [2], () => new Float32Array(2)],
  "onnx isCarried": () => [[...model.graph.initializers.values()][0]],
  "onnx float16Weights": () => [model],
  "onnx int8Weights": () => [model],
  "onnx lastActivation": () => [model, 0],
  "onnx operatorFacts": () => ["Conv", ""],
  "onnx quantize": () => [model, new Map([["image", [0, 1]]]), {}],
  "onnx sampledEarly": () => [model, []],
  "onnx statedOrders": () => [model],
  "onnx withRanges": () => [model],
  "onnx/node writeModel": () => ["written.onnx", model],
  "onnx/node readModel": () => ["absent.onnx"],
  "datasets dataset": () => [{ x, y, classes: ["a", "b", "c"] }],
  "datasets fromSource": () => [{ size: 6, read: () => ({ x, y }), labels: [0, 1, 2, 0, 1, 2] }],
  "datasets zip": () => [{ a: data, b: data }],
  "datasets interleave": () => [[data, data], { block: 2 }],
  "datasets/node cifar10": () => [{ ...fromNowhere, partial: false }],
  "datasets/node cifar100": () => [{ ...fromNowhere, labels: "coarse" }],
  "datasets/node emnist": () => [{ folder: "absent", split: "test", subset: "letters" }],
  "datasets/node fashionMnist": () => [fromNowhere],
  "datasets/node imagenette": () => [{ folder: "absent", split: "train", size: 320, channels: 1 }],
  "datasets/node kmnist": () => [fromNowhere],
  "datasets/node lfwPairs": () => [{ folder: "absent", pairs: [pair], color: true }],
  "datasets/node lfwPeople": () => [{ folder: "absent", minFacesPerPerson: 2, slice: [[0, 9], [0, 9]], resize: 1 }], // prettier-ignore
  "datasets/node mnist": () => [fromNowhere],
  "datasets/node cacheOnDisk": () => [data, { folder: "kept", key: "as it is" }],
  "datasets resize": () => [picture, { width: 5, height: 3, like: "torch", method: "bilinear", antialias: true }], // prettier-ignore
  "datasets centerCrop": () => [picture, { width: 2, height: 2 }],
  "datasets crop": () => [picture, { left: 1, top: 1, width: 2, height: 2 }],
  "datasets pad": () => [picture, { left: 1, bottom: 2, mode: "reflect", value: 0 }],
  "datasets shortSideSize": () => [{ width: 40, height: 30 }, 20],
  "datasets loadImg": () => [picture, { width: 3, height: 3, keepAspectRatio: true }],
  "datasets resizeWithPad": () => [picture, { width: 3, height: 3, interpolation: "nearest" }],
  "datasets resizing": () => [picture, { width: 3, height: 3, cropToAspectRatio: true }],
  "datasets stackImages": () => [[picture, picture]],
  "datasets toGrey": () => [picture],
  "datasets classFolders": () => [["a/1.png", "b/2.png", "b/3.png"], { validationSplit: 0.5, subset: "training", seed: 1 }], // prettier-ignore
  "datasets imageFiles": () => [new Map([["a/1.png", new Blob([npy])]]), { channels: 1 }],
  "datasets parseCsv": () => ["a,b\n1,2\n", { name: "csv", delimiter: "," }],
  "datasets csvTable": () => ["a,b,c\n1,x,2\n3,y,4\n", { label: "b", features: ["a", "c"], categorical: ["a"], missing: "error" }], // prettier-ignore
  "datasets parquetImages": () => [[bytesSource(npy, "a.parquet")], { channels: 1 }],
  "datasets readParquet": () => [bytesSource(npy, "a.parquet"), { name: "a" }],
  "datasets twoMoons": () => [{ n: 6, noise: 0.1, seed: 1 }],
  "datasets spirals": () => [{ n: 6, classes: 3, turns: 1, noise: 0.1, seed: 1 }],
  "datasets shapes": () => [{ n: 2, size: 16, seed: 1 }],
  "datasets movingSquares": () => [{ n: 2, frames: 3, size: 8, seed: 1 }],
  "datasets tones": () => [{ n: 2, sampleRate: 8000, samples: 64, noise: 0.1, seed: 1 }],
  "datasets seasonalSeries": () => [{ hours: 400, seed: 1 }],
  "datasets windows": () => [floats(20), { length: 4, ahead: 2 }],
  "datasets channelStatistics": () => [data.batches()],
  "datasets cutout": () => [picture, { left: 0, top: 0, width: 2, height: 2, value: 1 }],
  "datasets flip": () => [picture, "horizontal"],
  "datasets rotate": () => [picture, 30, { method: "bilinear", expand: true, fill: [0, 0, 0] }],
  "datasets affine": () => [picture, [1, 0, 0, 0, 1, 0], { fillMode: "constant", fillValue: 1 }],
  "datasets rotation": () => [30, { width: 4, height: 4 }],
  "datasets translation": () => [
    { right: 0.1, down: 0.2 },
    { width: 4, height: 4 },
  ],
  "datasets zoom": () => [
    { across: 0.1, down: 0.2 },
    { width: 4, height: 4 },
  ],
  "datasets adjustColour": () => [picture, "hue", 0.1, { like: "torch" }],
  "datasets cutmix": () => [
    { x, y: floats(6, 3) },
    { left: 0, top: 0, right: 2, bottom: 2 },
  ],
  "datasets cutmixBox": () => [0.5, { x: 1, y: 1 }, { width: 4, height: 4 }],
  "datasets mixup": () => [{ x, y: floats(6, 3) }, 0.5],
  "datasets randomRotation": () => [30, { seed: 1, fillMode: "reflect" }],
  "datasets randomZoom": () => [0.2, { seed: 1 }],
  "datasets resizedCropBox": () => [
    { width: 4, height: 4 },
    random(1, "crop"),
    { scale: [0.5, 1] },
  ],
  "datasets randomResizedCrop": () => [{ seed: 1, width: 3, height: 3, scale: [0.5, 1], ratio: [1, 1] }], // prettier-ignore
  "datasets colorJitter": () => [{ seed: 1, brightness: 0.2, hue: 0.1 }],
  "datasets randomCutout": () => [2, { seed: 1, value: 0 }],
  "datasets randomCutmix": () => [{ seed: 1, alpha: 1 }],
  "datasets randomMixup": () => [{ seed: 1, alpha: 0.2 }],
  "datasets decodeImage": () => [npy, { channels: 1, orientation: "upright", like: "pillow" }],
  "datasets/node readImage": () => ["absent.png", { channels: 1 }],
  "datasets/node imageFolder": () => ["absent", { channels: 1, seed: 1 }],
  "datasets/node imageTable": () => ["absent.csv", { channels: 1 }],
  "datasets/node parseLfwPairs": () => ["1\t1\nAnn\t1\t2\nAnn\t1\tBob\t1\n"],
  "datasets/node dataSetFacts": () => ["mnist"],
  "datasets webDataset": () => [[bytesSource(new Uint8Array(1024))]],
  "datasets contactSheet": () => [tensor("uint8", [2, 3, 3, 1])],
  "datasets sampleImages": () => [data, { count: 2 }],
  "datasets parseWav": () => [wav()],
  "datasets stft": () => [tensor("float32", [64]), { fftSize: 16 }],
  "datasets melFilters": () => [{ sampleRate: 8000, fftSize: 16, bands: 4 }],
  "datasets melSpectrogram": () => [tensor("float32", [64]), { sampleRate: 8000, fftSize: 16, bands: 4 }], // prettier-ignore
  "datasets decibels": () => [tensor("float32", [2, 4])],
  "datasets mfcc": () => [tensor("float32", [2, 4]), { coefficients: 3 }],
  "datasets oneHot": () => [3],
  "datasets rescale": () => [1 / 255, 0],
  "datasets randomFlip": () => [{ seed: 1 }],
  "datasets randomTranslation": () => [2, { seed: 1 }],
  "datasets standardize": () => [data],
  "datasets pca": () => [x, { components: 2 }],
  "datasets gaussian": () => [x, { ridge: 1e-3 }],
  "datasets parseIdx": () => [Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 5), { name: "idx" }],
  "models functional": () => ["net"],
  "models resolve": () => [config],
  "models readKeras": () => [config],
  "models toKerasJson": () => [config, { version: 3 }],
  "models summary": () => [config],
  "models weightSpecs": () => [config],
  "models convnet": () => [{ classes: 3, input_shape: [32, 32, 3] }],
  "models lenet5": () => [{ classes: 3 }],
  "models mobilenet": () => [{ alpha: 0.5, input_shape: [32, 32, 3] }],
  ...Object.fromEntries(
    ["densenet121", "densenet169", "densenet201", "inceptionResNetV2", "inceptionV3", "mobilenetV2", "resnet101", "resnet101V2", "resnet152", "resnet152V2", "resnet50", "resnet50V2", "vgg16", "vgg19", "xception"].map(
      (name) => [`models ${name}`, () => [{ include_top: false, input_shape: [96, 96, 3], pooling: "avg" }]],
    ),
  ), // prettier-ignore
  ...Object.fromEntries(["lenet1", "lenet1Original", "lenet5Original"].map((name) => [`models ${name}`, () => [{ classes: 3 }]])), // prettier-ignore
  "models checkWeights": () => ["f", config, weights, { layers: [] }],
  "models withOutputs": () => [resolve(config), [0]],
  "models withoutEnding": () => [resolve(config), 0, "softmax"],
  "models layersIn": () => [[{ a: [1] }]],
  "models modelFacts": () => ["VGG16"],
  "models weightFile": () => ["MobileNet", { alpha: 0.5, include_top: false }],
  "models preprocessInput": () => [floats(1, 2, 2, 3), "tf"],
  "models toOnnx": () => [config, weights, { outputs: ["flat"] }],
  "models declareInputs": () => [g(), resolve(config)],
  "models outputNames": () => [resolve(net.model(image, image))],
  "models inputWeights": () => [g()],
  "models constantWeights": () => [g(), weights],
  "models/imagenet decodePredictions": () => [floats(1, 1000), { top: 2 }],
  "runtime open": () => [config, weights, { device: "cpu", threads: 1, verify: true }],
  "runtime openTrainStep": () => [
    config,
    weights,
    { ...trainStep(), device: "cpu", seed: 1, shareWeightsWith: undefined },
  ],
  "runtime openGradient": () => [config, weights, { of: "classes", withRespectTo: ["image"], device: "cpu" }], // prettier-ignore
  "runtime graphOrConfig": () => ["open", config],
  "runtime parameterNames": () => [model],
  "runtime initialize": () => [config, { seed: 1 }],
  "runtime addTotals": () => [{ loss: [1, 2] }, { loss: [3, 4] }],
  "train train": () => [config, { x, y }, training],
  "train findLearningRate": () => [config, data, { loss, optimizer: "sgd", steps: 20, verify: false, device: "cpu", signal: AbortSignal.timeout(3000) }], // prettier-ignore
  "train cosineDecay": () => [0.1, { ...steps, warmupSteps: 2, warmupTarget: 0.2 }],
  "train cosineDecayRestarts": () => [0.1, { firstDecaySteps: 10 }],
  "train exponentialDecay": () => [0.1, { ...steps, decayRate: 0.9 }],
  "train inverseTimeDecay": () => [0.1, { ...steps, decayRate: 0.9 }],
  "train polynomialDecay": () => [0.1, steps],
  "train oneCycle": () => [0.1, { steps: 10 }],
  "train constant": () => [0.1],
  "train piecewiseConstant": () => [{ boundaries: [1, 2], values: [1, 0.5, 0.1] }],
  "train adam": () => [{ learningRate: 0.1, beta1: 0.8, clipNorm: 1, weightDecay: 0.1 }],
  "train sgd": () => [{ learningRate: 0.1, momentum: 0.9, nesterov: true }],
  "train adamw": () => [{ learningRate: 0.1, weightDecay: 0.1, globalClipNorm: 1 }],
  "train adadelta": () => [{ learningRate: 0.1, rho: 0.9, epsilon: 1e-7 }],
  "train adamax": () => [{ learningRate: 0.1, beta1: 0.8, beta2: 0.9 }],
  "train ftrl": () => [{ learningRate: 0.1, l1RegularizationStrength: 0.1, beta: 0.1 }],
  "train lamb": () => [{ learningRate: 0.1, beta1: 0.8, beta2: 0.9 }],
  "train muon": () => [{ learningRate: 0.1, momentum: 0.9, rmsRate: 0.1 }],
  "train lion": () => [{ learningRate: 0.1, beta1: 0.8, beta2: 0.9 }],
  "train nadam": () => [{ learningRate: 0.1, beta1: 0.8, beta2: 0.9 }],
  "train adagrad": () => [{ learningRate: 0.1, epsilon: 1e-7 }],
  "train rmsprop": () => [{ learningRate: 0.1, rho: 0.8, momentum: 0.1 }],
  "train binaryCrossentropy": () => [{ fromLogits: true, labelSmoothing: 0.1 }],
  "train binaryFocalCrossentropy": () => [{ gamma: 2, alpha: 0.25 }],
  "train categoricalCrossentropy": () => [{ fromLogits: true, labelSmoothing: 0.1 }],
  "train categoricalFocalCrossentropy": () => [{ gamma: 2, alpha: 0.25 }],
  "train sparseCategoricalCrossentropy": () => [{ fromLogits: true, classWeights: [1, 2, 3] }],
  "train categoricalGeneralizedCrossEntropy": () => [{ q: 0.7, fromLogits: true }],
  "train circle": () => [{ gamma: 16, margin: 0.25, removeDiagonal: true }],
  "train huber": () => [{ delta: 0.5 }],
  "train tversky": () => [{ alpha: 0.3, beta: 0.7 }],
  "train dice": () => [{}],
  ...Object.fromEntries(
    ["categoricalHinge", "cosineSimilarity", "hinge", "klDivergence", "logCosh", "meanAbsoluteError", "meanAbsolutePercentageError", "meanSquaredError", "meanSquaredLogarithmicError", "poisson", "squaredHinge"].map(
      (name) => [`train ${name}`, () => [{}]],
    ),
  ), // prettier-ignore
  "train confusionMatrix": () => [[0, 1, 1], [0, 1, 2], { classes: 3 }], // prettier-ignore
  "train averagedWeights": () => [weights, new Map([...state, ["classes/bias/model_average", floats(3)]])], // prettier-ignore
  "train/node tensorBoard": () => ["logs"],
  "train accuracy": () => [{}],
  "train auc": () => [{}],
  "train binaryAccuracy": () => [{ threshold: 0.4 }],
  "train binaryIoU": () => [{ threshold: 0.4 }],
  "train meanIoU": () => [{ targetClassIds: [0, 2] }],
  "train precisionAtRecall": () => [{ recall: 0.8, thresholds: 100, classId: 1 }],
  "train recallAtPrecision": () => [{ precision: 0.8, thresholds: 100 }],
  "train sensitivityAtSpecificity": () => [{ specificity: 0.8, thresholds: 100 }],
  "train specificityAtSensitivity": () => [{ sensitivity: 0.8, fromLogits: true }],
  "train pearsonCorrelation": () => [{ axis: [1] }],
  "train concordanceCorrelation": () => [{ axis: [1] }],
  "train precision": () => [{ threshold: 0.4 }],
  "train recall": () => [{ threshold: 0.4 }],
  "train reduceOnPlateau": () => [0.1, { factor: 0.5, patience: 2, minDelta: 0.1 }],
  "train topKAccuracy": () => [2],
  "train f1": () => [{ threshold: 0.5 }],
  "train fBeta": () => [{ beta: 2, threshold: 0.5 }],
  "train falseNegatives": () => [{ threshold: 0.4 }],
  "train falsePositives": () => [{ threshold: 0.4 }],
  "train r2Score": () => [{ classAggregation: "uniform_average", numRegressors: 1 }],
  "train trueNegatives": () => [{ threshold: 0.4 }],
  "train truePositives": () => [{ threshold: 0.4 }],
  "train earlyStopping": () => [{ patience: 2, minDelta: 0.1, mode: "min" }],
  "train averaged": () => ["adam", { momentum: 0.9 }],
  "train encodeCheckpoint": () => [checkpoint],
  "train decodeCheckpoint": async () => [await encodeCheckpoint(checkpoint)],
  "train encodeSavedModel": () => [{ model: config, weights, labels: ["a", "b", "c"] }],
  "train decodeSavedModel": () => [encodeSavedModel({ model: config, weights })],
  "train/node saveCheckpoint": () => ["c.safetensors", checkpoint],
  "train/node saveModel": () => ["m.safetensors", { model: config, weights }],
  "train/node loadModel": () => ["absent"],
  "train/node loadCheckpoint": () => ["absent"],
  "train/node checkpoints": () => ["run", { keep: 2, everySteps: 3 }],
  "train/node csv": () => ["log.csv"],
  "train/node jsonl": () => ["log.jsonl"],
  "transfer encodeModel": () => [
    { model: config, weights },
    { format: "h5", name: "net" },
  ],
  "transfer formatByName": () => ["a.keras"],
  "transfer writeModel": () => ["written.keras", { model: config, weights }, { format: "keras" }],
  "transfer cutAt": () => [{ model: config, weights }, "flat"],
  "transfer withInputShape": () => [{ model: denseless, weights: new Map() }, [8, 8, 1]],
  "transfer withHead": () => [
    { model: config, weights },
    { classes: 2, layer: "flat", seed: 1 },
  ],
  "transfer featureExtractor": () => [{ model: config, weights }, { layer: "flat", pooling: null, device: "cpu" }], // prettier-ignore
  "transfer fineTune": () => [{ model: config, weights }, data, { stages: [{ epochs: 1 }], loss, device: "cpu" }], // prettier-ignore
  "transfer quantizeOn": () => [wideModel, [floats(1, 16)], {}],
  "transfer pretrained": () => ["MobileNet", { alpha: 0.25, classes: 3, weights: null, seed: 1, input_shape: [32, 32, 3] }], // prettier-ignore
  "explain featureMaps": () => [floats(1, 4, 4, 3), { index: 0, columns: 2 }],
  "explain filters": () => [floats(3, 3, 3, 2), { columns: 2 }],
  "explain figure": () => [[{ title: "a", picture: pixels }], { columns: 1, width: 20 }],
  "explain gridOf": () => [[pixels, pixels], 2, 1],
  "explain mapHistory": () => [model, floats(1, 4, 4, 1), { of: { method: "saliency" }, every: 2 }],
  "explain attributionGraph": () => ["saliency", config, weights, { target: 1 }],
  "explain openExplainer": () => [config, weights, { device: "cpu", threads: 1 }],
  "explain overlay": () => [floats(4, 4), floats(4, 4, 1), { opacity: 0.5, pixels: [0, 1] }],
  "explain pictureOf": () => [floats(4, 4, 1), { pixels: [0, 1] }],
  "explain encodePng": () => [pixels],
  "transfer readModel": () => [onnxBytes],
  "transfer readWeights": () => [encodeSafetensors({ tensors: weights, metadata: {} }), config],
  "bench compare": () => [[record], [record], { threshold: 0.1 }],
  "bench identityOf": () => [record],
  "bench parseRecords": () => [JSON.stringify(record), "records"],
  "bench checkReport": () => [report],
  "bench parseReport": () => [JSON.stringify(report)],
  "bench reportHtml": () => [report],
  "bench reportMarkdown": () => [report],
  "bench writeReport": () => ["report", report],
  "bench ratioOf": () => [{ rounds_ms: [1, 2] }, { rounds_ms: [2, 2] }],
  "bench median": () => [[1, 2, 3]],
  "bench p90": () => [[1, 2, 3]],
  "bench quantile": () => [[1, 2, 3], 0.5],
  "bench relativeDifference": () => [x, x],
};

/** A training step of nothing but ours, without @cajal/train. */
function trainStep() {
  return {
    loss: { name: "mean", compute: (ops: { mul(a: unknown, b: unknown): unknown }, _: unknown, y: unknown) => ops.mul(y, y) }, // prettier-ignore
    optimizer: { name: "none", learningRate: () => 0.1, slots: {}, update: (_: unknown, at: { parameter: unknown }) => ({ parameter: at.parameter, slots: {} }) }, // prettier-ignore
  };
}
