// A bias [channels] on an image [..., channels]. TF.js' WebGPU backend adds one axis to four at most; axes of 1 before it, and
// it takes another way.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

export const addBias = (tf: TfCore, x: tfc.Tensor, bias: tfc.Tensor): tfc.Tensor =>
  tf.add(x, x.rank > 4 ? tf.reshape(bias, [...x.shape.slice(1).fill(1), -1]) : bias);
