// A model's layers and calls as its config lists them, before shapes are known.
import type { KerasObject } from "../layers/definition/fields";
import type { InnerLayer, WeightSpec } from "../layers/definition/layer";
import type { KerasShape } from "../layers/definition/shape";
import type { CallMasks } from "./callArguments";

/** A layer of a network. A nested model is one too, with `layers` of its own. */
export interface NetworkLayer {
  /** Names from the outermost model's layer to this, joined by "/"; what its weights' keys begin with. */
  readonly path: string;
  readonly name: string;
  readonly className: string;
  /** Whether training changes it: neither it nor a model that it is in is marked otherwise. */
  readonly trainable: boolean;
  /** Absent for a nested model. */
  readonly layer?: InnerLayer;
  /** What its outputs add to the loss in training, as a regularizer of Keras'; absent: nothing. */
  readonly activityRegularizer?: KerasObject;
  /** The layers of a nested model. */
  readonly layers?: readonly NetworkLayer[];
  /** Shapes of the first call. */
  inputs: readonly KerasShape[];
  outputs: readonly KerasShape[];
  /** Its own weights, in Keras' order. */
  weights: readonly (WeightSpec & { readonly key: string })[];
  /** Names of the layers that the first call's inputs come from. */
  inbound: readonly string[];
}

/** A call that is still to be made: its layer and where its inputs come from. */
export interface PlanNode {
  readonly layer: NetworkLayer;
  /** Which of the layer's calls it is, from 0. */
  readonly call: number;
  readonly plan: Plan | undefined;
  readonly inputs: readonly PlanValue[];
  /** What the call says beside its inputs, see `callOptions` of a layer; absent: nothing. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What its call says of masks, in the order of its inputs; absent: nothing. */
  readonly masks?: CallMasks<PlanValue>;
  /** Its argument `attention_mask`. */
  readonly attentionMask?: PlanValue;
}

/** An output of a call. */
export interface PlanValue {
  readonly node: PlanNode;
  readonly tensor: number;
}

export interface Plan {
  readonly name: string;
  readonly layers: readonly NetworkLayer[];
  /** Every call, after those that its inputs come from. */
  readonly nodes: readonly PlanNode[];
  readonly inputs: readonly PlanNode[];
  readonly outputs: readonly PlanValue[];
}
