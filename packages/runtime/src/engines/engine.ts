// The interface of engines, which open models, their gradients and their training steps on devices. The list is
// in engines/index.ts; code outside an engine's folder does not depend on which engine it has.
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
  /** @throws CajalError `unsupported` for models or options that the engine does not support; `missing-peer`, `no-device`, `engine` */
  open(source: ModelSource, options: OpenRequest): Promise<OpenedModel>;
  /** @throws CajalError as `open`; `unknown-name` for a value that the model does not have */
  openGradient(source: KerasSource | OnnxModel, request: GradientRequest): Promise<OpenedGradient>;
  /**
   * @param other a step of this engine; the weights that both models have are one and the same from now on
   * @throws CajalError as `open`; `unsupported` where the engine shares no weights
   */
  openTrainStep(
    model: TrainableModel,
    weights: Weights,
    options: TrainStepOptions,
    other?: TrainCore,
  ): Promise<TrainCore>;
}

/** A model to open: a Keras model with its weights, an ONNX graph, or the bytes of an ONNX file. */
export type ModelSource = KerasSource | OnnxModel | Uint8Array;

export interface KerasSource {
  readonly network: Network;
  /** Checked: keys and shapes are those of the network. */
  readonly weights: Weights;
}

export const isKeras = (source: ModelSource): source is KerasSource => "network" in source;

/** The options of `open`, with defaults filled in. */
export interface OpenRequest {
  readonly device: DeviceChoice;
  readonly threads: number | undefined;
  readonly shareKernels: boolean;
  readonly verify: boolean;
  readonly isolate: boolean;
  readonly worker: boolean | "auto";
  readonly signal: AbortSignal | undefined;
}

/** The devices of an engine, and how to find out which of them are available. */
export interface EngineDevices {
  /** All devices of the engine, available on this machine or not. */
  readonly names: readonly DeviceName[];
  /** The devices that "auto" and "gpu" stand for here, to be tried in this order. */
  readonly auto: readonly DeviceName[];
  readonly gpu: readonly DeviceName[];
  /** Devices that exist only in Node, or only in browsers. */
  readonly onlyOn: Partial<Readonly<Record<DeviceName, "Node" | "browsers">>>;
  /** The packages that a device needs in Node; the version of the first is the engine's version. */
  peers(device: DeviceName): readonly string[];
  /** Probes a device in Node, where its packages are installed: true, or why it does not work. */
  probe(device: DeviceName, signal: AbortSignal | undefined): Promise<true | string>;
  /** Loads the packages of a device in a browser; returns the version of the engine's package. */
  load(device: DeviceName): Promise<string>;
}

/** The devices that a choice stands for, to be tried in this order. */
export const candidates = (
  { auto, gpu }: EngineDevices,
  choice: DeviceChoice,
): readonly DeviceName[] => (choice === "auto" ? auto : choice === "gpu" ? gpu : [choice]);
