// What ONNX Runtime's providers lack (1.30), and how graphs do without.
import { decomposeTrainingNormalization, type OnnxModel } from "@cajal/onnx";
import type { DeviceName } from "../../device/device";

/** Whether pools give no indices there: webgpu's MaxPool has one output, and there is no MaxUnpool. */
export const lacksIndices = (device: DeviceName): boolean => device === "webgpu";

/** A graph as a device's provider can run it: webgpu's BatchNormalization knows no training mode. */
export const forProvider = (model: OnnxModel, device: DeviceName): OnnxModel =>
  device === "webgpu" ? decomposeTrainingNormalization(model) : model;
