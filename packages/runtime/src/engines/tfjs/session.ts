// A Keras model opened on TF.js.
import { CajalError, tensor, type DType, type Tensor, type Weights } from "@cajal/core";
import { resolve, type KerasShape, type Model, type Network } from "@cajal/models";
import type { ValueInfo } from "@cajal/onnx";
import type * as tfc from "@tensorflow/tfjs-core";
import { isGpu, type DeviceChoice } from "../../devices/device";
import type { TfCore } from "../../devices/peers";
import type { OpenedModel } from "../../session";
import { backendsReady, tfjsOn } from "./tfjs";
import { tfjsModel } from "./model";
import { checkOnce } from "./selfTest";

/** @throws CajalError `unknown-name`, `missing-peer`, `no-device`, `unsupported` */
export async function openOnTfjs(
  model: Model,
  weights: Weights,
  { device: choice, verify }: { readonly device: DeviceChoice; readonly verify: boolean },
): Promise<OpenedModel> {
  const tfjs = await tfjsOn(choice);
  const { tf, device, on } = tfjs;
  if (verify && isGpu(device)) await checkOnce(tfjs);
  await backendsReady();
  const { model: built, variables } = await tfjsModel(tfjs, model);
  await backendsReady();
  on(() => {
    for (const [key, variable] of variables) {
      const value = fromOurs(tf, weights.get(key)!, key);
      variable.write(value);
      value.dispose();
    }
  });
  const { inputs, outputs } = doors(resolve(model));

  async function run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    await backendsReady();
    const results = on(() => {
      const fed = inputs.map(({ name }) => fromOurs(tf, feeds[name]!, name));
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
        outputs.map(({ name }, i) => [name, toOurs(results[i]!, data[i]!, feeds)]),
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
export function doors(network: Network): {
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
    inputs: network.inputs.map(({ from, shape, call }) => ({
      name: from,
      dtype: (call?.layer.layer?.config["dtype"] ?? "float32") as DType,
      shape: dims(shape),
    })),
    outputs: network.outputs.map(({ from, shape }) => ({
      name: nameOf(from),
      dtype: "float32",
      shape: dims(shape),
    })),
  };
}

function fromOurs(tf: TfCore, { dtype, shape, data }: Tensor, name: string): tfc.Tensor {
  if (dtype === "float32" || dtype === "int32")
    return tf.tensor(data as Float32Array | Int32Array, [...shape], dtype);
  if (dtype === "bool") return tf.tensor(data as Uint8Array, [...shape], "bool");
  throw new CajalError(
    "unsupported",
    `"${name}": TF.js has no dtype ${dtype}, only float32, int32 and bool.`,
    { name, dtype },
  );
}

function toOurs(
  { dtype, shape }: tfc.Tensor,
  data: tfc.TypedArray,
  feeds: Readonly<Record<string, Tensor>>,
): Tensor {
  // On the CPU a model that only reshapes gives the fed array itself.
  const own = Object.values(feeds).some(({ data: fed }) => fed.buffer === data.buffer);
  const values = own ? data.slice() : data;
  if (dtype === "int32" || dtype === "bool") return tensor(dtype, shape, values);
  return tensor("float32", shape, values);
}
