// What flows through a network: the calls of its layers, and the values between them.
import type { DType } from "@cajal/core";
import type { InnerLayer } from "../layers/definition/layer";
import type { KerasShape } from "../layers/definition/shape";
import type { NetworkLayer } from "./planNode";

/** A layer applied to values. */
export interface Call {
  readonly layer: NetworkLayer;
  /** Definition and config of that layer. */
  readonly inner: InnerLayer;
  readonly inputs: readonly NetworkValue[];
  readonly outputs: readonly NetworkValue[];
  /** The element type that the layer computes in, its inputs cast to it. */
  readonly dtype: DType;
  /** The masks that the layer computes by, in the order of its inputs; absent: it has none. */
  readonly masks?: readonly (Mask | undefined)[];
  /** Which pairs of queries and keys attention may use, an argument of its call. */
  readonly attentionMask?: NetworkValue;
}

export interface NetworkValue {
  readonly shape: KerasShape;
  readonly dtype: DType;
  /** The name of its maker, for messages. */
  readonly from: string;
  /** The call that makes it. */
  call?: Call;
  /** Of an output of the model: the mask that it carries, which Keras' losses honour. */
  mask?: Mask;
}

/** Which steps of a sequence are valid, [batch, steps]. */
export type Mask =
  /** The steps where `of` is not `value`; with `features`, those where any feature is not. */
  | {
      readonly kind: "differs";
      readonly of: NetworkValue;
      readonly value: number;
      readonly features: boolean;
      /** That it does not follow from the layers before, but the model's JSON says it. */
      readonly stated?: true;
    }
  /** A value of the network: what is not 0 is valid. */
  | { readonly kind: "value"; readonly of: NetworkValue }
  /** The steps that any of several masks has. */
  | { readonly kind: "any"; readonly masks: readonly Mask[] }
  /** Several sequences one after the other; all steps of one without a mask are valid. */
  | {
      readonly kind: "joined";
      readonly parts: readonly { readonly of: NetworkValue; readonly mask: Mask | undefined }[];
    };
