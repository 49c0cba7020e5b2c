// Limits of ONNX Runtime's execution providers (1.30), and how graphs are rewritten for them.
import { decomposeTrainingNormalization, fillChannels, type OnnxModel } from "@cajal/onnx";
import type { DeviceName } from "../../device/device";
import { needsChildProcess } from "./childProcess";

/** Whether pools have no indices output there: webgpu's MaxPool has one output, and there is no MaxUnpool. */
export const lacksIndices = (device: DeviceName): boolean => device === "webgpu";

/** Whether outputs of a run can stay on the device, and be fed to the next run from there. */
export const keepsOnDevice = (device: DeviceName): boolean =>
  device === "webgpu" && !needsChildProcess();

/** Whether {@link forProvider} changes graphs for this device. */
export const rewrites = (device: DeviceName): boolean => device === "webgpu";

/** The graph, rewritten where the device's provider would compute it wrongly. */
export const forProvider = (model: OnnxModel, device: DeviceName): OnnxModel =>
  rewrites(device) ? fillChannels(decomposeTrainingNormalization(model)) : model;
