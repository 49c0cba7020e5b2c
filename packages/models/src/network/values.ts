// What flows through a network: the calls of its layers, and the values between them.
import type { DType } from "@cajal/core";
import type { InnerLayer } from "../layers/definition/layer";
import type { KerasShape } from "../layers/definition/shape";
import type { NetworkLayer } from "./plan";

/** A layer applied to values. */
export interface Call {
  readonly layer: NetworkLayer;
  /** Definition and config of that layer. */
  readonly inner: InnerLayer;
  readonly inputs: readonly NetworkValue[];
  readonly outputs: readonly NetworkValue[];
  /** The element type that the layer computes in, its inputs cast to it. */
  readonly dtype: DType;
  /** Which steps of its inputs are there, where not all are. */
  readonly mask?: Mask;
}

export interface NetworkValue {
  readonly shape: KerasShape;
  readonly dtype: DType;
  /** The name of its maker, for messages. */
  readonly from: string;
  /** Which steps are there, where not all are. */
  readonly mask?: Mask;
  /** The call that makes it. */
  call?: Call;
}

/** A mask by what it is made of: a step is there where `of` is not `value`, in any of its features. */
export interface Mask {
  readonly of: NetworkValue;
  readonly value: number;
}
