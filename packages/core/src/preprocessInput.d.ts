import { type Tensor } from "./tensor";
/**
 * How pixels 0 … 255, channels red, green, blue, become a network's input:
 *
 * - `tf`: x / 127.5 − 1, in −1 … 1
 * - `caffe`: channels turned to blue, green, red, then minus 103.939, 116.779, 123.68; not scaled
 * - `torch`: x / 255, minus 0.485, 0.456, 0.406, divided by 0.229, 0.224, 0.225
 */
export type Preprocessing = "caffe" | "tf" | "torch";
/**
 * The input that a network with this preprocessing expects, as a new tensor.
 *
 * @param x pixels 0 … 255, uint8 or float32, [height, width, 3] or [batch, height, width, 3]
 * @param mode the network's own: `modelFacts(name).preprocessing` of @cajal/models
 * @returns float32 of the same shape
 * @throws CajalError `unknown-name` (mode), `bad-argument` (dtype), `bad-shape`
 */
export declare function preprocessInput(x: Tensor, mode: Preprocessing): Tensor<"float32">;
