// What an engine is: what opens models, their gradients and their training on its devices. engines/index.ts
// lists them; outside an engine's folder nobody asks which one it is.
import type { Weights } from "@cajal/core";
import type { Network } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import type { DeviceChoice, DeviceName, EngineName } from "../device/device";
import type { GradientRequest, OpenedGradient } from "../session/gradientSession";
import type { OpenedModel } from "../session/session";
import type { TrainCore } from "../step/core";
import type { TrainableModel } from "../step/model";
import type { TrainStepOptions } from "../step/trainStep";

export interface Engine {
  readonly name: EngineName;
  readonly devices: EngineDevices;
  /** @throws CajalError `unsupported` for what the engine does not do; `missing-peer`, `no-device`, `engine` */
  open(source: ModelSource, options: OpenRequest): Promise<OpenedModel>;
  /** @throws CajalError as `open`; `unknown-name` for a value that is not there */
  openGradient(source: KerasSource | OnnxModel, request: GradientRequest): Promise<OpenedGradient>;
  /** @throws CajalError as `open` */
  openTrainStep(
    trained: TrainableModel,
    weights: Weights,
    options: TrainStepOptions,
  ): Promise<TrainCore>;
}

/** What is opened: a Keras model with its weights, an ONNX graph, or the bytes of its file. */
export type ModelSource = KerasSource | OnnxModel | Uint8Array;

export interface KerasSource {
  readonly network: Network;
  /** They fit the network. */
  readonly weights: Weights;
}

export const isKeras = (source: ModelSource): source is KerasSource => "network" in source;

/** The options of `open` with what they are by default. */
export interface OpenRequest {
  readonly device: DeviceChoice;
  readonly threads: number | undefined;
  readonly shareKernels: boolean;
  readonly verify: boolean;
  readonly isolate: boolean;
  readonly worker: boolean | "auto";
  readonly signal: AbortSignal | undefined;
}

/** The devices of an engine, and how one finds out which of them are there. */
export interface EngineDevices {
  /** All that the engine has; whether this machine has them, `devices()` tells. */
  readonly names: readonly DeviceName[];
  /** What the choices "auto" and "gpu" stand for here, to be tried in this order. */
  readonly auto: readonly DeviceName[];
  readonly gpu: readonly DeviceName[];
  /** Those that exist in Node alone, or in browsers alone. */
  readonly only: Partial<Readonly<Record<DeviceName, "Node" | "browsers">>>;
  /** The packages that a device needs in Node; the first one's version is the engine's. */
  peers(device: DeviceName): readonly string[];
  /** Tries a device out in Node, its packages installed: true, or why it does not work. */
  probe(device: DeviceName, signal: AbortSignal | undefined): Promise<true | string>;
  /** Loads in a browser what a device needs; gives the version of the engine's package. */
  load(device: DeviceName): Promise<string>;
}

/** The devices that a choice stands for, to be tried in this order. */
export const candidates = (
  { auto, gpu }: EngineDevices,
  choice: DeviceChoice,
): readonly DeviceName[] => (choice === "auto" ? auto : choice === "gpu" ? gpu : [choice]);
