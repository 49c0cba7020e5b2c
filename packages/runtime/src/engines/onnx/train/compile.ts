// The graphs of a training step: forward, loss, gradients, update and metrics in one graph of standard
// operators, and split into two graphs where a step has several batches. trainStep.ts runs them.
import type { NamedTensors } from "@cajal/core";
import type { WeightInput } from "@cajal/models";
import {
  blocked,
  checkDifferentiable,
  decomposeTrainingNormalization,
  gradients,
  type GraphBuilder,
  type Value,
} from "@cajal/onnx";
import { emptyTensors } from "../emptyTensors";
import {
  addUpdate,
  compileUpdate,
  gradientsOfPart,
  gradientSumName,
  isUpdated,
} from "./compileUpdate";
import { finiteCheck } from "./finiteCheck";
import { line } from "./inPlace";
import {
  addOutputs,
  noInputs,
  ofOneStep,
  type StepGraph,
  type StepGraphOptions,
} from "./stepGraph";
import { unplanned } from "./unplanned";
import { forwardOf, labelledIn, parametersOf, type ForwardOptions } from "../../../step/forward";
import { checkLearns } from "../../../step/learns";
import { opsGraph } from "../../../step/opsGraph";
import type { TrainableModel } from "../../../step/model";
import type { StepBatch } from "../../../step/batch";
import { asGiven, computeMeasures, outputCalled } from "../../../step/outputs";
import { regularization } from "../../../step/regularizers";

/**
 * `part`: the gradients of a part of a batch; from those of all its parts {@link compileUpdate} computes the step.
 * `train`: a whole step. `accumulate`: one of several batches, whose gradients are added to a sum, from which
 * `update` computes the step. `probe`: all intermediate values, to find the first that is not finite.
 * `trainInPlace` and `updateInPlace`: the same as without, for arrays that are written over what they were read
 * from ({@link outputsInPlace}).
 */
export type Kind = "train" | "part" | "trainInPlace" | "accumulate" | "update" | "updateInPlace" | "evaluate" | "probe"; // prettier-ignore

/**
 * The graph for batches like this one.
 *
 * @throws CajalError `unsupported` for an operator without a gradient
 */
export function compileStep(
  kind: Kind,
  batch: StepBatch,
  { trainable, options: { optimizer }, layouts, block, webgpu, gpu, choose, recompute, keepsShapes }: StepGraphOptions, // prettier-ignore
): StepGraph {
  const inPlace = kind === "trainInPlace" || kind === "updateInPlace";
  if (kind === "update" || kind === "updateInPlace")
    return compileUpdate({ trainable, options: { optimizer }, layouts, keepsShapes }, { inPlace });
  const { outputs, weights } = trainable;
  const training = kind !== "evaluate";
  const forward = forwardOf(trainable, {
    x: batch.x,
    training,
    layouts,
    ...(kind === "probe" && { watch: "all" }),
  });
  const { g, inputs, yPred, updates, watched } = forward;
  const ops = opsGraph(g);
  const { yTrue, weightOf, labelled } = labelledIn(g, outputs, yPred, batch);
  const { data, total, groups } = g.within("loss", () => {
    const penalties = weights.flatMap((weight) => {
      const { key, regularizer } = weight;
      return regularizer
        ? (regularization(ops, regularizer, forward.weight(weight), key) ?? [])
        : [];
    });
    // The sum over the batch, divided by the number of examples.
    for (const { layer, regularizer, value } of forward.activities)
      for (const sum of [regularization(ops, regularizer, value, layer) ?? []].flat())
        penalties.push(
          g.div(sum, g.cast(g.squeeze(g.shape(value, { start: 0, end: 1 }), [0]), "float32")),
        );
    const { loss, numbers } = computeMeasures(ops, outputs, labelled);
    return {
      data: loss,
      total: [loss, ...penalties].reduce((a, b) => g.add(a, b)),
      groups: numbers,
    };
  });

  const numbers: Value[][] = [[total], ...groups];
  const newValues = new Map<string, Value>();
  if (kind === "probe") {
    for (const [what, value] of watched) g.output(value, `the output of ${what}`);
    g.output(total, "the loss");
  }
  if (training) {
    // A weight that no output depends on is not in the graph, and stays as it is.
    const parameters = weights.filter(
      (weight) => isUpdated(weight, optimizer) && inputs.has(weight.key),
    );
    const parameterValues = parameters.map(({ key }) => inputs.get(key)!.value);
    checkLearns(g, [data], parameterValues);
    const dys = gradients(g, total, parameterValues, { block, webgpu, gpu, choose, recompute });
    if (kind === "probe")
      for (const [i, { key }] of [...parameters.entries()].toReversed())
        g.output(dys[i]!, `the gradient of "${key}"`);
    else {
      // Clipping by value turns infinities into finite numbers, so the gradients are checked before.
      const valuesToCheck = optimizer.clipValue === undefined ? [] : [...dys];
      if (kind === "part") {
        const lines = dys.map((dy) => line(g, dy));
        const all = g.concat(lines, { axis: 0 });
        newValues.set(gradientsOfPart(0), g.mul(all, g.input("input/share", "float32", [])));
      } else if (kind === "accumulate") {
        const share = g.input("input/share", "float32", []);
        for (const [i, { key }] of parameters.entries()) {
          const dy = line(g, dys[i]!);
          const sum = g.input(gradientSumName(key), "float32", dy.shape);
          newValues.set(gradientSumName(key), g.add(sum, g.mul(dy, share)));
        }
      } else
        for (const [name, value] of addUpdate(
          g,
          optimizer,
          parameters.map((weight, i) => ({
            weight,
            input: inputs.get(weight.key)!,
            gradient: dys[i]!,
          })),
          { keepsShapes, inPlace },
        ))
          newValues.set(name, value);
      for (const [key, value] of updates) newValues.set(key, value);
      numbers.push([finiteCheck(g, [total, ...valuesToCheck, ...newValues.values()], keepsShapes)]);
    }
  }
  const lengths = kind === "probe" ? [] : addOutputs(g, newValues, numbers, inPlace);
  const x = namesOf(forward.x);
  return {
    ...readyToRun(g, x, { block, webgpu, gpu }),
    feeds: { x, y: namesOf(yTrue), weight: namesOf(weightOf) },
    lengths,
    updatedNames: [...newValues.keys()],
    ...ofOneStep,
  };
}

/** The output of {@link compilePrediction}. */
export const prediction = "prediction";

/**
 * The graph of a value in inference mode, for x like this one.
 *
 * @param of as in `TrainCore.predict`
 */
export function compilePrediction(
  x: NamedTensors,
  of: string,
  {
    trainable,
    layouts,
    ...options
  }: Pick<StepGraphOptions, "trainable" | "layouts" | "block" | "webgpu" | "gpu">,
): StepGraph {
  const i = outputCalled(trainable.outputs, of);
  const watch = i < 0 ? ({ watch: { name: of } } as const) : {};
  const forward = forwardOf(trainable, { x, training: false, layouts, ...watch });
  const { g, yPred, watched } = forward;
  const [value] =
    i < 0 ? watched.values() : [asGiven(opsGraph(g), trainable.outputs[i]!, yPred[i]!)];
  g.output(value!, prediction);
  const names = namesOf(forward.x);
  return {
    ...readyToRun(g, names, options),
    feeds: { ...noInputs, x: names },
    lengths: [],
    updatedNames: [],
    ...ofOneStep,
  };
}

const namesOf = (values: ReadonlyMap<string, Value>): ReadonlyMap<string, string> =>
  new Map([...values].map(([name, value]) => [name, value.name]));

/** The finished graph, and what explains its errors. */
function readyToRun(
  g: GraphBuilder,
  x: ReadonlyMap<string, string>,
  { block, webgpu, gpu }: Pick<StepGraphOptions, "block" | "webgpu" | "gpu">,
): Pick<StepGraph, "model" | "explain"> {
  // Empty tensors that depend on the batch's data must not abort the process either. Done before blocked kernels are
  // inserted, for which there are no shape rules.
  const { model, explain } = emptyTensors(decomposeTrainingNormalization(g.build(), { rank: 2 }));
  const withBlocks = block === undefined ? model : blocked(model, block);
  return {
    model: gpu || webgpu ? withBlocks : unplanned(withBlocks, new Set(x.values())),
    explain,
  };
}

/**
 * Builds the forward part once, to check that it can be trained, and returns the layouts in which it reads the weights.
 *
 * @param x of the batch, as far as it is known
 * @throws CajalError `unsupported` for an operator without a gradient
 */
export function inferLayouts(
  trainable: TrainableModel,
  x: ForwardOptions["x"],
): ReadonlyMap<string, WeightInput> {
  const { g, yPred, inputs } = forwardOf(trainable, { x, training: true });
  const parameters = parametersOf(trainable, inputs);
  for (const output of yPred) checkDifferentiable(g, output, parameters);
  checkLearns(g, yPred, parameters);
  return inputs;
}
