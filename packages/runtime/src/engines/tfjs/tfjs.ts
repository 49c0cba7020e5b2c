// Engine tfjs: TensorFlow.js, whose own layers run a Keras model.
import { CajalError } from "@cajal/core";
import { isKeras, type Engine, type KerasSource, type ModelSource } from "../engine";
import { tfjsDevices } from "./devices";

export const tfjs: Engine = {
  name: "tfjs",
  devices: tfjsDevices,
  async open(source, { isolate, worker, ...request }) {
    if (worker === true)
      throw unsupported(
        "worker: engine tfjs runs on the caller's thread. Use engine onnx, or leave the option out.",
      );
    if (isolate)
      throw unsupported(
        "isolate: engine tfjs runs in this process alone. Use engine onnx, or leave the option out.",
      );
    const keras = kerasOnly(source);
    const { openOnTfjs } = await import("./session");
    return openOnTfjs(keras, request);
  },
  async openGradient(source, request) {
    const keras = kerasOnly(source);
    const { openGradientOnTfjs } = await import("./gradient");
    return openGradientOnTfjs(keras, request);
  },
  async openTrainStep(trained, weights, options, other) {
    if (other)
      throw unsupported(
        "shareWeightsWith: engine tfjs shares no weights between steps. Use engine onnx, or hand them over: b.restore(await a.weights(), await b.state()).",
      );
    if (options.worker === true)
      throw unsupported(
        "worker: engine tfjs trains on the caller's thread. Use engine onnx, or leave the option out.",
      );
    if ("graph" in trained)
      throw unsupported("engine tfjs trains Keras models, not ONNX graphs. Use engine onnx.");
    const { openTrainStepOnTfjs } = await import("./trainStep");
    return openTrainStepOnTfjs(trained, weights, options);
  },
};

function kerasOnly(source: ModelSource): KerasSource {
  if (isKeras(source)) return source;
  throw unsupported(
    "engine tfjs runs Keras models, not ONNX graphs. Use engine onnx, or give the model's config and its weights.",
  );
}

const unsupported = (message: string) => new CajalError("unsupported", message, { engine: "tfjs" });
