// Opens a model for gradients of any of its values with respect to any others.
import { checkOptions, type Weights, optionsOf } from "@cajal/core";
import { indexInputs, type Model } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import { engineFor } from "./engines";
import { isKeras } from "./engines/engine";
import { graphOrConfig, kerasSource, weightsAndOptions } from "./modelArgument";
import {
  gradientSessionOf,
  type GradientOptions,
  type GradientSession,
} from "./session/gradientSession";
import { threadsFor } from "./session/threadsFor";

/**
 * Opens a Keras model for gradients in inference mode: batch normalization uses its moving statistics, and
 * dropout does nothing.
 *
 * @param weights `layer/weight` → tensor; they must not be changed while the session is open
 * @throws CajalError as `open`; `unknown-name` for a layer or weight that the model does not have; `unsupported` for an
 *   operator without a gradient: the message names it
 * @example
 * const session = await openGradient(model, weights, { of: "logits", withRespectTo: ["image", "conv5"] });
 * const { value, gradients } = await session.run({ image }, { dy: tensor("float32", [1, 3], [0, 1, 0]) });
 */
export async function openGradient(
  model: Model | string,
  weights: Weights,
  options?: GradientOptions,
): Promise<GradientSession>;
/**
 * Opens an ONNX graph for gradients of any value with respect to any other, by their names.
 *
 * @throws CajalError as above; `unsupported` on engine tfjs
 */
export async function openGradient(
  model: OnnxModel | Uint8Array,
  options?: GradientOptions,
): Promise<GradientSession>;
export async function openGradient(
  argument: Model | OnnxModel | Uint8Array | string,
  ...rest: [weights: Weights, options?: GradientOptions] | [options?: GradientOptions]
): Promise<GradientSession> {
  const [weights, options = {}] = weightsAndOptions("openGradient", rest);
  const model = graphOrConfig("openGradient", argument);
  checkOptions("openGradient", options, optionKinds);
  const { device = "auto", layers, signal } = options;
  const engine = engineFor(options.engine, device);
  const threads = threadsFor("openGradient", options.threads);
  signal?.throwIfAborted();
  const toOpen = "graph" in model ? model : kerasSource("openGradient", model, { weights, layers });
  const opened = await engine.openGradient(toOpen, {
    values: [],
    ...options,
    feeds: [...new Set(options.feeds)],
    device,
    ...(threads !== undefined && { threads }),
  });
  if (signal?.aborted) await opened.free();
  signal?.throwIfAborted();
  return gradientSessionOf(opened, isKeras(toOpen) ? indexInputs(toOpen.network) : []);
}

const optionKinds = optionsOf<GradientOptions>({
  of: "string",
  withRespectTo: "strings",
  summed: "boolean",
  values: "strings",
  feeds: "strings",
  rules: true,
  engine: true,
  device: true,
  threads: true,
  layers: "array",
  signal: "signal",
});
