// A Keras model opened on TF.js.
import { CajalError, showShape, tensor, type DType, type Tensor } from "@cajal/core";
import { outputNames, type KerasShape, type Network } from "@cajal/models";
import { computed, type ValueInfo } from "@cajal/onnx";
import type * as tfc from "@tensorflow/tfjs-core";
import type { KerasSource, OpenRequest } from "../engine";
import { isGpu } from "../../device/device";
import type { OpenedModel } from "../../session/session";
import { backendsReady, tfjsOn } from "./backend";
import { fromTfjs, toTfjs } from "./tensors";
import { tfjsModel } from "./model";
import { checkOnce } from "./selfTest";

/** @throws CajalError `missing-peer`, `no-device`, `unsupported` */
export async function openOnTfjs(
  { network, weights }: KerasSource,
  { device: choice, verify }: Pick<OpenRequest, "device" | "verify">,
): Promise<OpenedModel> {
  const tfjs = await tfjsOn(choice);
  const { tf, device, runOnBackend: onBackend } = tfjs;
  if (verify && isGpu(device)) await checkOnce(tfjs);
  await backendsReady();
  const { model: tfModel, variables } = await tfjsModel(tfjs, network);
  await backendsReady();
  onBackend(() => {
    for (const [key, variable] of variables) {
      const value = toTfjs(tf, weights.get(key)!, key);
      variable.write(value);
      value.dispose();
    }
  });
  const { inputs, outputs } = valuesOf(network);

  async function run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (Object.values(feeds).some(({ shape }) => shape[0] === 0)) return emptyOutputs(outputs);
    await backendsReady();
    const predict = () => {
      const inputTensors = inputs.map(({ name }) => toTfjs(tf, feeds[name]!, name));
      try {
        const predicted = tfModel.predictOnBatch(
          inputTensors.length === 1 ? inputTensors[0]! : inputTensors,
        );
        return Array.isArray(predicted) ? predicted : [predicted];
      } finally {
        tf.dispose(inputTensors);
      }
    };
    let results: tfc.Tensor[] = [];
    try {
      const data = await tfjs.checked(async () => {
        results = onBackend(predict);
        return Promise.all(results.map((result) => result.data()));
      });
      return Object.fromEntries(
        outputs.map(({ name, dtype }, i) => [
          name,
          toTensor(results[i]!, data[i]!, feeds, computed(dtype)),
        ]),
      );
    } finally {
      tf.dispose(results);
    }
  }

  return {
    engine: "tfjs",
    device,
    inputs,
    outputs,
    run,
    free: () => onBackend(() => void tfModel.dispose()),
  };
}

/** Inputs and outputs of a Keras model, named by their layers, the batch free where the config leaves it free. */
export function valuesOf(network: Network): {
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
} {
  const dims = ([batch, ...rest]: KerasShape) => [
    batch ?? "batch",
    ...rest.map((extent) => extent ?? undefined),
  ];
  const names = outputNames(network);
  return {
    inputs: network.inputs.map(({ from, shape, dtype }) => ({
      name: from,
      dtype,
      shape: dims(shape),
    })),
    outputs: network.outputs.map(({ shape, dtype }, i) => ({
      name: names[i]!,
      dtype,
      shape: dims(shape),
    })),
  };
}

/** The outputs for a batch of 0 examples, which TF.js' recurrent layers, among others, cannot compute. */
function emptyOutputs(outputs: readonly ValueInfo[]): Record<string, Tensor> {
  const entries = outputs.map(({ name, dtype, shape = [] }) => {
    const rest = shape.slice(1);
    if (!rest.every((extent) => typeof extent === "number"))
      throw new CajalError(
        "unsupported",
        `no examples were fed, and the shape of output "${name}", ${showShape(shape)}, depends on them. Use engine onnx, or leave the run out.`,
        { output: name, shape },
      );
    return [name, tensor(computed(dtype), [0, ...rest])] as const;
  });
  return Object.fromEntries(entries);
}

function toTensor(
  { shape }: tfc.Tensor,
  data: tfc.TypedArray,
  feeds: Readonly<Record<string, Tensor>>,
  dtype: DType,
): Tensor {
  // On the CPU a model that only reshapes returns the input's array itself.
  const sharesFeed = Object.values(feeds).some(({ data: fed }) => fed.buffer === data.buffer);
  return fromTfjs(sharesFeed ? data.slice() : data, shape, dtype);
}
