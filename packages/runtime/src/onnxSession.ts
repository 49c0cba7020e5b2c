// A graph opened on ONNX Runtime.
import type { Tensor } from "@cajal/core";
import type { OnnxModel, ValueInfo } from "@cajal/onnx";
import type { InferenceSession } from "onnxruntime-common";
import {
  candidates,
  checkDevice,
  isGpu,
  noDevice,
  type DeviceChoice,
  type DeviceName,
} from "./device";
import { fromOrt, onnxRuntime, toOrt, type OnnxRuntime } from "./onnxRuntime";
import type { OpenedModel } from "./session";
import { isCajalError, type DType } from "@cajal/core";
import { verify } from "./verify";

export interface OpenOnOnnxOptions {
  readonly device: DeviceChoice;
  readonly threads?: number | undefined;
  readonly verify: boolean;
}

/** @throws CajalError `unknown-name`, `missing-peer`, `no-device`, `engine` */
export async function openOnOnnx(
  model: OnnxModel | Uint8Array,
  { device: choice, threads, verify: checked }: OpenOnOnnxOptions,
): Promise<OpenedModel> {
  checkDevice("onnx", choice);
  const devices = candidates("onnx", choice);
  const failures: Error[] = [];
  for (const device of devices) {
    try {
      const opened = opensOn(await onnxRuntime(model, { device, threads }), device);
      if (checked && isGpu(device)) await verify(opened, model);
      return opened;
    } catch (error) {
      // Several candidates: the next may serve.
      if (devices.length === 1 || !(error instanceof Error)) throw error;
      if (!isCajalError(error, "no-device") && !isCajalError(error, "missing-peer")) throw error;
      failures.push(error);
    }
  }
  throw noDevice("onnx", choice, failures.map(({ message }) => message).join(" "), failures[0]);
}

function opensOn({ ort, session }: OnnxRuntime, device: DeviceName): OpenedModel {
  async function run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const fed = Object.entries(feeds).map(([name, tensor]) => [name, toOrt(ort, tensor)] as const);
    const results = await session.run(Object.fromEntries(fed));
    return Object.fromEntries(
      session.outputNames.map((name) => [name, fromOrt(results[name]!, name)]),
    );
  }
  return {
    engine: "onnx",
    device,
    inputs: session.inputMetadata.map(valueInfo),
    outputs: session.outputMetadata.map(valueInfo),
    run,
    free: () => session.release(),
  };
}

function valueInfo(metadata: InferenceSession.ValueMetadata): ValueInfo {
  if (!metadata.isTensor) return { name: metadata.name, dtype: "float32", shape: undefined };
  const { name, type, shape } = metadata;
  // A free extent without a name is "" there.
  return {
    name,
    dtype: type as DType,
    shape: shape.map((extent) => (extent === "" ? undefined : extent)),
  };
}
