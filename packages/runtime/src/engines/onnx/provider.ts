// What ONNX Runtime's providers lack (1.30), and how graphs do without.
import { decomposeTrainingNormalization, fillChannels, type OnnxModel } from "@cajal/onnx";
import type { DeviceName } from "../../device/device";
import { runsApart } from "./apart";

/** Whether pools give no indices there: webgpu's MaxPool has one output, and there is no MaxUnpool. */
export const lacksIndices = (device: DeviceName): boolean => device === "webgpu";

/** Whether a run's results can stay on the device, and be fed to the next from there. */
export const keepsOnDevice = (device: DeviceName): boolean => device === "webgpu" && !runsApart();

/** Whether {@link forProvider} changes graphs for this device. */
export const rewrites = (device: DeviceName): boolean => device === "webgpu";

/** A graph as a device's provider computes it right. */
export const forProvider = (model: OnnxModel, device: DeviceName): OnnxModel =>
  rewrites(device) ? fillChannels(decomposeTrainingNormalization(model)) : model;
