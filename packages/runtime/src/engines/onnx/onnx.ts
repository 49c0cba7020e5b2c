// Engine onnx: ONNX Runtime. A Keras model is lowered to a graph, so it only opens graphs.
import { differentiates } from "../../step/calls";
import { toOnnx } from "@cajal/models";
import { isKeras, type Engine } from "../engine";
import { onnxDevices } from "./devices";
import { openOnOnnx } from "./session";

export const onnx: Engine = {
  name: "onnx",
  devices: onnxDevices,
  async open(source, request) {
    if (!isKeras(source)) return openOnOnnx(source, request);
    if (!source.network.calls.some(differentiates))
      return openOnOnnx(toOnnx(source.network, source.weights), request);
    const { openByShape } = await import("./byShape");
    return openByShape(source, request);
  },
  async openGradient(source, request) {
    if (isKeras(source) && source.network.calls.some(differentiates)) {
      const { openGradientByShape } = await import("./gradientByShape");
      return openGradientByShape(source, request);
    }
    const { openGradientOnOnnx } = await import("./gradient");
    return openGradientOnOnnx(source, request);
  },
  async openTrainStep(model, weights, options, other) {
    const { openTrainStepOnOnnx } = await import("./train/trainStep");
    return openTrainStepOnOnnx(model, weights, options, other);
  },
};
