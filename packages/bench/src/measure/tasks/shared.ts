// Networks to measure, and random data for them.
import { random, tensor, type Tensor, type Weights } from "@cajal/core";
import { modelFacts, resolve, type ModelConfig } from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { readModel } from "@cajal/transfer";
import { isFile } from "../../choices/isFile";

/** Random numbers in 0 … 1. */
export function noise(shape: readonly number[], seed: number): Tensor<"float32"> {
  const x = tensor("float32", shape);
  const numbers = random(seed, "x");
  for (let i = 0; i < x.data.length; i++) x.data[i] = numbers.float();
  return x;
}

/**
 * A network with generated weights, or a file's with its own.
 *
 * @returns `input`: shape of one example
 */
export async function networkOf(
  name: string,
  seed: number,
): Promise<{ model: ModelConfig; weights: Weights; input: readonly number[] }> {
  if (isFile(name)) {
    const { model, weights } = await readModel(name);
    const [, ...input] = resolve(model).inputs[0]!.shape;
    return { model, weights, input: input.map((extent) => extent ?? 224) };
  }
  const { build, input } = modelFacts(name);
  // Logits: engines are compared on them, and of generated weights the softmax hides what is wrong.
  const model = build({ classifier_activation: null });
  return { model, weights: initialize(model, { seed }), input };
}

/** Progress without output: a task reports its own. */
export const quiet = { start() {}, update() {}, finish() {}, say() {}, clear() {} };
