// Limits of ONNX Runtime's execution providers (1.30), and how graphs are rewritten for them.
import {
  decomposeTrainingNormalization,
  decomposeUnsupported,
  fillChannels,
  reduceInSteps,
  type OnnxModel,
} from "@cajal/onnx";
import type { DeviceName } from "../../device/device";
import { needsChildProcess } from "./childProcess";

/** Whether outputs of a run can stay on the device, and be fed to the next run from there. */
export const keepsOnDevice = (device: DeviceName): boolean =>
  device === "webgpu" && !needsChildProcess();

/** Whether {@link forProvider} changes graphs for this device, and gradients are formulated for its provider. */
export const rewrites = (device: DeviceName): boolean => device === "webgpu";

/** The graph, rewritten where the device's provider would compute it wrongly, on the CPU, or slowly. */
export const forProvider = (model: OnnxModel, device: DeviceName): OnnxModel =>
  rewrites(device) ? rewritings.reduce((rewritten, pass) => pass(rewritten), model) : model;

const rewritings = [
  decomposeTrainingNormalization,
  decomposeUnsupported,
  fillChannels,
  reduceInSteps,
];
