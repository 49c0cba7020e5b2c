// Whether a batch is computed in parts, and in how many: where its examples are apart, and there is work for several threads.
import { isCajalError, sizeOf } from "@cajal/core";
import { keepsExamplesApart, multiplyAdds, type GraphBuilder } from "@cajal/onnx";
import { ownValue } from "../../../session/ownValue";
import type { TrainStepOptions } from "../../../step/trainStep";
import { inParts, type StepBatch } from "../../../step/batch";
import { forwardOf, labelledIn } from "../../../step/forward";
import { opsGraph } from "../../../step/opsGraph";
import { computeMeasures } from "../../../step/outputs";
import type { StepGraphOptions } from "./stepGraph";

/** Multiply-adds of a part's forward pass that are worth a thread: with the gradients they take about a millisecond. */
const leastMultiplyAdds = 11 * 2 ** 20;
/** Of plain products, which take a fraction of a convolution's time for each, and are easily shared among threads. */
const productsShare = 0.25;
const products = new Set(["MatMul", "Gemm"]);
/** Examples of a part; products of fewer rows take longer for each. */
const leastExamples = 8;
/** Multiply-adds of the whole batch, so counted, for each number of the weights, which travel to the threads, and their gradients back. */
const multiplyAddsOfNumber = 128;
/** Numbers in the weights, which each thread has a copy of. */
const mostNumbers = 2 ** 21;
/** More threads would wait for the one that adds up. */
const mostThreads = 8;

/** How many parts a batch may have: an earlier run's limit, or as many as there are threads. */
export function mostParts({
  formulations = {},
  deterministic,
  threads,
}: Pick<TrainStepOptions, "formulations" | "deterministic" | "threads">): number {
  const given = ownValue(formulations, partsKey);
  if (given !== undefined && /^[1-9]\d*$/.test(given)) return Math.min(mostThreads, Number(given));
  if (deterministic) return 1;
  const { availableParallelism } = process.getBuiltinModule("node:os");
  return Math.min(mostThreads, threads ?? availableParallelism());
}

/** In the formulations of a run. */
export const partsKey = "a batch in parts, at most";

type CountOptions = Pick<StepGraphOptions, "trainable" | "layouts">;

/**
 * In how many parts a batch like this one is computed; 1: as a whole.
 *
 * @param most how many parts there may be
 */
export function partCount(batch: StepBatch, options: CountOptions, most: number): number {
  const limit = Math.min(most, Math.floor(batch.examples / leastExamples));
  if (limit < 2) return 1;
  const { trainable } = options;
  // A batch of one size alone.
  if (trainable.inputs.some(({ shape }) => shape[0] !== null)) return 1;
  const numbers = trainable.weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (numbers > mostNumbers) return 1;
  const whole = samplesOf(batch, options);
  if (whole.mixes) return 1;
  const work = workOf(whole.graph.g);
  const count = Math.min(limit, Math.floor(work / leastMultiplyAdds));
  if (count < 2 || work < multiplyAddsOfNumber * numbers) return 1;
  // Of one size, or of two.
  const bySize = new Map(inParts(batch, count).map((part) => [part.examples, part]));
  try {
    const areApart = [...bySize.values()].every((part) => keepsExamplesApart(whole.graph, samplesOf(part, options).graph)); // prettier-ignore
    return areApart ? count : 1;
  } catch (error) {
    // An ONNX graph may be made for this size, whatever it says of its inputs.
    if (isCajalError(error)) return 1;
    throw error;
  }
}

/** The losses and metrics of a batch's samples. */
function samplesOf(batch: StepBatch, { trainable, layouts }: CountOptions) {
  const { g, x, yPred, updates, activities } = forwardOf(trainable, { x: batch.x, training: true, layouts }); // prettier-ignore
  const { yTrue, weightOf, labelled } = labelledIn(g, trainable.outputs, yPred, batch);
  const { samples } = computeMeasures(opsGraph(g), trainable.outputs, labelled);
  const examples = [...x.values(), ...yTrue.values(), ...weightOf.values()];
  const seeds = g.inputs.filter(({ name }) => name === "input/seed");
  const drawn = seeds.map(({ name }) => g.value(name));
  return {
    graph: { g, outputs: samples, examples, drawn },
    /** By statistics of the batch, or penalties of its activations. */
    mixes: updates.size > 0 || activities.length > 0,
  };
}

/** Multiply-adds, those of plain products as a share. */
function workOf(g: GraphBuilder): number {
  const shapeOf = (name: string) => (g.value(name).shape ?? [NaN]).map(Number);
  return g.nodes.reduce((sum, node) => {
    const share = products.has(node.op) ? productsShare : 1;
    return sum + share * (multiplyAdds(node, shapeOf) || 0);
  }, 0);
}
