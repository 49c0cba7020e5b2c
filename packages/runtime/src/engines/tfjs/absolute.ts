import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

/** |x|, whose slope at 0 is 0 as in TensorFlow and on engine onnx: that of `tf.abs` is −1. */
export const absolute = (tf: TfCore, x: tfc.Tensor): tfc.Tensor => tf.mul(x, tf.sign(x));
