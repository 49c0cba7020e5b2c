import type { Tensor } from "@cajal/core";
import type { DataFormat } from "../network/images";
import type { Control, Network } from "../network/network";
import { someOf } from "../network/rows";

/** What a method is asked to explain. */
export interface Call {
  readonly network: Network;
  /** [n, …], channels first. */
  readonly images: Tensor<"float32">;
  /** The class whose score is explained, of each image. */
  readonly targets: readonly number[];
  /** The graph's value of all scores: logits, or probabilities. */
  readonly scores: string;
  /** How tensors in the options lie. */
  readonly format: DataFormat;
  /** The layer that was named, if one was. */
  readonly layer: string | undefined;
  readonly control: Control;
}

/** The call for its images from `from` to before `to`. */
export const partOf = (call: Call, from: number, to: number): Call => ({
  ...call,
  images: someOf(call.images, from, to),
  targets: call.targets.slice(from, to),
});
