import type { Tensor } from "@cajal/core";
import type { InferenceSession } from "onnxruntime-common";
import type { Ort } from "../peers";
import type { GraphHost, Ref, RunRequest } from "./graphHost.js";

/** As {@link GraphHost}; what runs write `into` is the session's outputs whose place is the device. */
export interface DeviceHost {
  put(arrays: Parameters<GraphHost["put"]>[0]): Promise<void>;
  zero(lengths: Parameters<GraphHost["zero"]>[0]): Promise<void>;
  take(refs: readonly Ref[]): Promise<Float32Array[]>;
  run(
    graph: {
      readonly ort: Ort;
      readonly session: InferenceSession;
      /** Of the inputs that read what is kept; also of the outputs that are written for them. */
      readonly shapes: Readonly<Record<string, readonly number[]>>;
      /** An ONNX file that gives its input `x` as `y`; there wherever results stay on the device. */
      readonly copy?: Uint8Array | undefined;
    },
    request: RunRequest,
  ): Promise<Readonly<Record<string, Tensor>>>;
  /** Gives the device's memory back. */
  end(): Promise<void>;
}

export function deviceHost(): DeviceHost;
