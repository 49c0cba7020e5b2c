// What there is to say of a layer stands in its own file, and whoever needs it asks its definition. A table
// elsewhere that knows layers by name would not know of the next one.
import { expect, it } from "vitest";
import { isOwnFile, sourceTexts, type SourceText } from "../../../core/testing/writtenNames";
import { layers } from "./index";

/** Where names may stand nevertheless: what a file's path begins with, and why. */
const allowed: Readonly<Record<string, string>> = {
  "packages/models/src/networks/": "Architectures are made of layers.",
  "packages/models/src/keras/operations.ts":
    "Operations of Keras and TensorFlow have names of their own, some of them the same.",
  "packages/models/src/layers/operation.ts": "The same.",
  "packages/models/src/layers/shared/operations.ts": "The same.",
  "packages/runtime/src/engines/tfjs/operators/": "What each operator is in TF.js' operations.",
  "packages/explain/": "Its rules are of ONNX operators, whose names some layers share.",
  "packages/models/src/keras/keras1.ts": "What Keras 1 called them: a table that will not grow.",
  "packages/models/src/keras/writtenMasks.ts": "Operations of Keras, one of them named as a layer.",
  "packages/models/src/network/maskOperations.ts": "The same.",
  "packages/runtime/src/engines/onnx/": "Operators have names of their own, some of them the same.",
  "packages/transfer/src/optimizer/trainingConfig.ts": "Keras' prefix of registered classes.",
  "packages/onnx/": "Operators have names of their own, some of them the same.",
};

const names = layers.map(({ className }) => className);
/** Beginnings and ends of names by which several layers could be meant: "Conv", "Dropout", "Pooling". */
const parts = new Set(names.flatMap((name) => name.match(/[A-Z][a-z]{3,}/g) ?? []));

/** A layer is used where a model calls it, or a config of it is written. */
const isUse = ({ before }: SourceText) => /(\.layer\(\s*|\bclass_name: )$/.test(before);

function namesIn({ text, kind }: SourceText): readonly string[] {
  if (kind === "text") return names.filter((name) => name === text);
  const words = text.match(/[A-Z][a-z]{3,}/g) ?? [];
  return words.filter((word) => parts.has(word));
}

it("no layer's name is written outside its file and the list", () => {
  const leaks: string[] = [];
  for (const sourceText of sourceTexts()) {
    const { file, line } = sourceText;
    if (Object.keys(allowed).some((path) => file.startsWith(path)) || isUse(sourceText)) continue;
    for (const name of namesIn(sourceText))
      if (!isOwnFile(file, name)) leaks.push(`${file}:${line} says ${name}: ask the definition`);
  }
  expect(leaks).toEqual([]);
});
