import { tensor, type Tensor } from "@cajal/core";
import { functional, weightSpecs } from "@cajal/models";
import { encodeModel, readModel, readWeights, type WriteFormat } from "@cajal/transfer";
import { mutateBytes } from "../mutateBytes";
import { defineTarget } from "../target";

/** A model's files by name, the one that describes it first. */
type Files = ReadonlyMap<string, Uint8Array>;

function model() {
  const net = functional("small");
  const image = net.input([4, 4, 2]);
  const conv = net.layer("Conv2D", { filters: 2, kernel_size: 3, name: "conv" }, image);
  const normal = net.layer("BatchNormalization", { name: "bn" }, conv);
  const flat = net.layer("Flatten", {}, normal);
  return net.model(image, net.layer("Dense", { units: 2, name: "out" }, flat));
}

const small = model();

/** Numbers that tell the weights apart. */
const weights = new Map<string, Tensor>(
  weightSpecs(small).map(({ key, shape }, i) => {
    const value = tensor("float32", shape);
    value.data.forEach((_, k) => (value.data[k] = i + k / 16));
    return [key, value];
  }),
);

const slots = new Map<string, Tensor>([
  ["iteration", tensor("int64", [], BigInt64Array.of(3n))],
  ["learning_rate", tensor("float32", [], [0.01])],
  ...weightSpecs(small)
    .filter(({ trainable }) => trainable)
    .flatMap(({ key, shape }): [string, Tensor][] => [
      [`${key}/momentum`, tensor("float32", shape)],
      [`${key}/velocity`, tensor("float32", shape)],
    ]),
]);

const formats: readonly WriteFormat[] = [
  "keras",
  "h5",
  "weights.h5",
  "tfjs",
  "onnx",
  "safetensors",
  "npz",
];

/** Whole models and weights alone, in every format that is written, with an optimizer's state. */
export const modelFiles = defineTarget<Files>({
  name: "modelFiles",
  corpus: () =>
    formats.map((format) =>
      encodeModel(
        {
          model: small,
          weights,
          labels: ["a", "b"],
          trainingConfig: { loss: "mse", optimizer: { class_name: "Adam", config: {} } },
          optimizerState: slots,
        },
        { format },
      ),
    ),
  mutate(files, random, corpus) {
    const names = [...files.keys()];
    const name = names[random.integer(names.length)]!;
    const others = corpus.flatMap((one) => [...one.values()]);
    return new Map([...files, [name, mutateBytes(files.get(name)!, random, others)]]);
  },
  async read(files) {
    const [name] = files.keys();
    const alone = name!.endsWith(".weights.h5") || name!.endsWith(".npz");
    if (alone) return readWeights(new Map(files), small);
    return readModel(new Map(files), { graphs: true, optimizer: true });
  },
  encode: (files) => [...files.values()][0]!,
});
