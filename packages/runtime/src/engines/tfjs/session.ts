// A Keras model opened on TF.js.
import { CajalError, showShape, tensor, type DType, type Tensor } from "@cajal/core";
import type { KerasShape, Network } from "@cajal/models";
import { computed, type ValueInfo } from "@cajal/onnx";
import type * as tfc from "@tensorflow/tfjs-core";
import type { KerasSource, OpenRequest } from "../engine";
import { isGpu } from "../../device/device";
import type { OpenedModel } from "../../session/session";
import { backendsReady, tfjsOn } from "./backend";
import { fromTfjs, toTfjs } from "./dtypes";
import { tfjsModel } from "./model";
import { checkOnce } from "./selfTest";

/** @throws CajalError `missing-peer`, `no-device`, `unsupported` */
export async function openOnTfjs(
  { network, weights }: KerasSource,
  { device: choice, verify }: Pick<OpenRequest, "device" | "verify">,
): Promise<OpenedModel> {
  const tfjs = await tfjsOn(choice);
  const { tf, device, on } = tfjs;
  if (verify && isGpu(device)) await checkOnce(tfjs);
  await backendsReady();
  const { model: built, variables } = await tfjsModel(tfjs, network);
  await backendsReady();
  on(() => {
    for (const [key, variable] of variables) {
      const value = toTfjs(tf, weights.get(key)!, key);
      variable.write(value);
      value.dispose();
    }
  });
  const { inputs, outputs } = valuesOf(network);

  async function run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (Object.values(feeds).some(({ shape }) => shape[0] === 0)) return ofNoExamples(outputs);
    await backendsReady();
    const results = on(() => {
      const fed = inputs.map(({ name }) => toTfjs(tf, feeds[name]!, name));
      try {
        const predicted = built.predictOnBatch(fed.length === 1 ? fed[0]! : fed);
        return Array.isArray(predicted) ? predicted : [predicted];
      } finally {
        tf.dispose(fed);
      }
    });
    try {
      const data = await Promise.all(results.map((result) => result.data()));
      return Object.fromEntries(
        outputs.map(({ name, dtype }, i) => [
          name,
          toOurs(results[i]!, data[i]!, feeds, computed(dtype)),
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
    free: () => on(() => void built.dispose()),
  };
}

/** Inputs and outputs of a Keras model, named by their layers, the batch free. */
export function valuesOf(network: Network): {
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
} {
  const dims = ([, ...rest]: KerasShape) => ["batch", ...rest.map((extent) => extent ?? undefined)];
  const names = new Map<string, number>();
  const nameOf = (from: string) => {
    const count = names.get(from) ?? 0;
    names.set(from, count + 1);
    return count === 0 ? from : `${from}:${count}`;
  };
  return {
    inputs: network.inputs.map(({ from, shape, dtype }) => ({
      name: from,
      dtype,
      shape: dims(shape),
    })),
    outputs: network.outputs.map(({ from, shape, dtype }) => ({
      name: nameOf(from),
      dtype,
      shape: dims(shape),
    })),
  };
}

/** TF.js' recurrent layers, and others, do not compute a batch of 0 examples. */
function ofNoExamples(outputs: readonly ValueInfo[]): Record<string, Tensor> {
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

function toOurs(
  { shape }: tfc.Tensor,
  data: tfc.TypedArray,
  feeds: Readonly<Record<string, Tensor>>,
  dtype: DType,
): Tensor {
  // On the CPU a model that only reshapes gives the fed array itself.
  const own = Object.values(feeds).some(({ data: fed }) => fed.buffer === data.buffer);
  return fromTfjs(own ? data.slice() : data, shape, dtype);
}
