// What runs in the browser: a model opened and run by name of engine and device.
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { env as ofWebGpu } from "onnxruntime-web/webgpu";
import { env as ofWasm } from "onnxruntime-web/wasm";
import { tensor, type Tensor, type Weights } from "@cajal/core";
import { mobilenet, weightSpecs } from "@cajal/models";
import { devices, open, type DeviceChoice, type DeviceInfo, type EngineName } from "../src/index";

export interface Page {
  /** Logits of the image by the exported ONNX file, or by the Keras model and its weights. */
  predict(form: "onnx" | "keras", engine: EngineName, device: DeviceChoice): Promise<Outcome>;
  devices(): Promise<DeviceInfo[]>;
}

export interface Outcome {
  readonly device: string;
  readonly logits: readonly number[];
  readonly openMs: number;
  readonly predictMs: number;
}

for (const env of [ofWasm, ofWebGpu]) env.wasm.wasmPaths = "/onnxruntime-web/";
setWasmPaths("/tfjs-backend-wasm/");

const bytes = async (path: string) => new Uint8Array(await (await fetch(path)).arrayBuffer());

/** The file's weights, one after the other, in Keras' order. */
function weightsIn(file: Uint8Array): Weights {
  let offset = 0;
  return new Map(
    weightSpecs(mobilenet(options)).map(({ key, shape }): [string, Tensor] => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      const data = new Float32Array(file.buffer, offset, size);
      offset += 4 * size;
      return [key, tensor("float32", shape, data)];
    }),
  );
}

const options = { classifier_activation: null } as const;

const page: Page = {
  devices,
  async predict(form, engine, device) {
    const image = new Float32Array((await bytes("/image")).buffer);
    const file = await bytes(form === "onnx" ? "/model.onnx" : "/weights");
    const startTime = performance.now();
    await using session =
      form === "onnx"
        ? await open(file, { engine, device })
        : await open(mobilenet(options), weightsIn(file), { engine, device });
    const opened = performance.now();
    const { data } = await session.predict(tensor("float32", [1, 224, 224, 3], image));
    return {
      device: session.device,
      logits: Array.from(data, Number),
      openMs: opened - startTime,
      predictMs: performance.now() - opened,
    };
  },
};

Object.assign(globalThis, { page });
