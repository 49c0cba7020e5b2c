// What there is, engine by engine, as the docs list it: apps/docs/coverage.md is written by this test
// (`npx vitest run --project bench src/coverage.test.ts -u`) from the lists that the packages work by, and from
// the cases that their tests run.
import { isCajalError, type Weights } from "@cajal/core";
import { toOnnx, weightSpecs, type Layer } from "@cajal/models";
import { differentiate, type OnnxModel } from "@cajal/onnx";
import { expect, it } from "vitest";
import { layers } from "../../models/src/layers";
import { noise, single } from "../../models/testing/checkLayer";
import type { LayerSample } from "../../models/src/layers/definition/layer";
import { kerasLayers } from "../../models/testing/kerasLayers";
import { gradients } from "../../onnx/src/gradients";
import { operators } from "../../onnx/src/operators";
import { engines } from "../../runtime/src/engines";
import { tfjsLayerList } from "../../runtime/src/engines/tfjs/layers";
import { notOnTfjs } from "../../runtime/testing/notOnTfjs";
import { formats } from "../../transfer/src/formats";

const table = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [columns, columns.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

const yes = (is: boolean) => (is ? "yes" : "–");

function layerRows(): string[][] {
  const formulas = new Map(tfjsLayerList.map((each) => [each.className, each]));
  return layers
    .filter(({ className }) => className !== "InputLayer")
    .map((layer) => {
      const { className } = layer;
      const on = !notOnTfjs.has(className);
      const formula = formulas.get(className);
      const cases = kerasLayers.filter((golden) => golden.class_name === className);
      return [
        className,
        ...onnxColumns(layer),
        !on ? "–" : formula?.call ? "by Cajal's formula" : "yes",
        yes(on && !formula?.inferenceOnly && isTrained(layer.samples)),
        String(cases.length),
      ];
    })
    .toSorted(byName);
}

const isTrained = (samples: Layer["samples"]) =>
  samples.some(({ inferenceOnly }) => !inferenceOnly);

/** The operators that a layer's samples become, and whether gradients go back through all of them. */
function onnxColumns({ className, samples }: Layer): [string, string] {
  const used = new Set<string>();
  let trains = true;
  for (const { config = {}, inputs, dtype = "float32", inferenceOnly } of samples) {
    const specs = inputs.map((shape) => ({ shape, dtype }));
    const model = single(className, config, specs);
    const weights = new Map(
      weightSpecs(model).map(({ key, shape }) => [key, noise(shape, "float32", key, true)]),
    );
    const graph = toOnnx(model, weights);
    for (const { op } of graph.graph.nodes) used.add(op);
    if (dtype === "float32" && !inferenceOnly) trains &&= isDifferentiable(graph, weights, inputs);
  }
  return [[...used].toSorted().join(", ") || "–", yes(trains && isTrained(samples))];
}

/** By its inputs and by the constants that hold its weights. */
function isDifferentiable(
  model: OnnxModel,
  weights: Weights,
  shapes: LayerSample["inputs"],
): boolean {
  const { inputs, initializers, outputs } = model.graph;
  const names = [...inputs.map(({ name }) => name), ...initializers.keys()];
  try {
    differentiate(model, {
      of: outputs[0]!.name,
      withRespectTo: names.filter((name, i) => i < inputs.length || weights.has(name)),
      shapes: Object.fromEntries(inputs.map(({ name }, i) => [name, shapes[i]!])),
    });
    return true;
  } catch (error) {
    // What is whole has no gradient.
    if (isCajalError(error, "unsupported") || isCajalError(error, "bad-argument")) return false;
    throw error;
  }
}

function operatorRows(): string[][] {
  const rules = new Set(gradients.map(({ op, domain = "" }) => `${domain}.${op}`));
  return operators
    .map(({ op, domain = "", since = 1, until, methods, steps, samples }) => [
      domain ? `${domain}.${op}` : op,
      domain ? "–" : until ? `${since}–${until}` : `${since}`,
      methods && Object.keys(methods).length > 0 ? Object.keys(methods).join(", ") : "–",
      rules.has(`${domain}.${op}`) ? "yes" : steps ? "0" : "–",
      String(samples.length),
    ])
    .toSorted(byName);
}

const formatRows = () =>
  formats.map(({ name, readModel, readGraph, encoders }) => [
    name,
    readGraph ? "as a graph" : yes(readModel !== undefined),
    readGraph ? "with the graph" : "yes",
    encoders.map(({ id }) => id).join(", ") || "–",
  ]);

const engineRows = () =>
  engines.map(({ name, devices: { names, onlyOn: only } }) => [
    name,
    names.map((device) => (only[device] ? `${device} (${only[device]} only)` : device)).join(", "),
  ]);

const byName = ([a = ""]: readonly string[], [b = ""]: readonly string[]) => (a < b ? -1 : 1);

it("is what the docs list", async () => {
  const [ofLayers, ofOperators] = [layerRows(), operatorRows()];
  const page = `# What there is

This page is generated from the lists that the packages work by.

## Engines

${table(["engine", "devices"], engineRows())}

## Layers

${ofLayers.length} classes of Keras. A case is a config of it whose outputs and gradients Keras computed; tests compare both engines with them. Engine onnx runs all of them, as the operators named; a layer trains where gradients go back through all of these, which the test that writes this page tries.

${table(["layer", "operators of ONNX", "onnx: training", "tfjs: inference", "tfjs: training", "cases"], ofLayers)}

## Operators

${ofOperators.length} operators of ONNX, ${gradients.length} of them with a gradient ("0": one that is 0 wherever there is one). Samples are run in ONNX Runtime: what it returns must be what shape inference told.

${table(["operator", "operator sets", "methods of the builder", "gradient", "samples"], ofOperators)}

## Files

${table(["format", "reads models", "reads weights", "writes models as"], formatRows())}
`;
  await expect(page).toMatchFileSnapshot("../../../apps/docs/coverage.md");
});
