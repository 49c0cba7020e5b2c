// Outside this package nobody asks an operator for its name: what they need to know of it stands with it.
import { expect, it } from "vitest";
import { isOwnFile, sourceTexts, type SourceText } from "../../../core/testing/writtenNames";
import { operators } from "./index";

/** Where names may stand nevertheless: a file, or what paths begin with, and why. */
const allowed: Readonly<Record<string, string>> = {
  "packages/onnx/": "They live here.",
  "packages/models/src/keras/keras1.ts":
    "A merge of Keras 1 becomes one of Keras' layers, by name.",
  "packages/models/src/networks/": "Architectures are made of layers, some of them named alike.",
  "packages/models/src/layers/definition/activations.ts":
    "Values of an attribute of the recurrent operators, spelled like operators.",
  "packages/models/src/keras/operations.ts":
    "Operations of Keras and TensorFlow have names of their own, some of them the same.",
  "packages/models/src/layers/operation.ts": "The same.",
  "packages/models/src/layers/shared/operations.ts": "The same.",
  "packages/runtime/src/engines/tfjs/operators/": "What each operator is in TF.js' operations.",
  "packages/explain/":
    "Rules of relevance and of guided slopes are rules for operators, as gradients are.",
  "packages/runtime/src/engines/onnx/":
    "What ONNX Runtime's kernels do beside the standard is known where ONNX Runtime is.",
};

const names = new Set(operators.map(({ op }) => op));

/** An operator is used where a graph is built of it; layers of Keras have some of the same names. */
const isUse = ({ before }: SourceText) =>
  /(\.ops?\(\s*|\.layer\(\s*|\bclass_?[nN]ame: |\bop: |merging\(\s*)$/.test(before);

/** Where in this package names stand beside the operators' files, their gradients' and the graphs that are built. */
const exceptions: Readonly<Record<string, string>> = {
  "packages/onnx/src/operators/": "Families of definitions.",
  "packages/onnx/src/gradients/":
    "Rules: what they are made of, and the activations of recurrent operators.",
  "packages/onnx/src/passes/": "A pass is about the operators that it rewrites.",
  "packages/onnx/src/graph/upgrade.ts":
    "The history of the standard: a rule for each operator that changed.",
  "packages/onnx/src/graph/upgradeFirst.ts": "The same, of operator sets 1 to 6.",
  "packages/onnx/src/graph/timeFirst.ts": "It is about the operators that it rewrites.",
  "packages/onnx/src/graph/inlineSequences.ts": "Sequences are made of their own operators.",
  "packages/onnx/src/graph/unroll.ts": "It is about the operators that it rewrites.",
};

it("no operator's name is written inside this package where its definition could say it", () => {
  const leaks: string[] = [];
  for (const sourceText of sourceTexts()) {
    const { file, line, text } = sourceText;
    if (!file.startsWith("packages/onnx/src/") || sourceText.kind !== "text" || isUse(sourceText))
      continue;
    if (Object.keys(exceptions).some((path) => file.startsWith(path))) continue;
    // A copy is how a value gets a name.
    if (text === "Identity") continue;
    for (const name of text.split(" "))
      if (names.has(name)) leaks.push(`${file}:${line} says ${name}: ask the definition`);
  }
  expect(leaks).toEqual([]);
});

it("no operator's name is written outside this package", () => {
  const leaks: string[] = [];
  for (const sourceText of sourceTexts()) {
    const { file, line, text } = sourceText;
    if (sourceText.kind !== "text" || !names.has(text) || isUse(sourceText)) continue;
    if (Object.keys(allowed).some((path) => file.startsWith(path)) || isOwnFile(file, text))
      continue;
    leaks.push(`${file}:${line} says ${text}: ask operatorFacts`);
  }
  expect(leaks).toEqual([]);
});
