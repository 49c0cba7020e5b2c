// Outside this package nobody asks an operator for its name: what they need to know of it stands with it.
import { expect, it } from "vitest";
import { isOwnFile, writtenTexts, type Written } from "../../../core/testing/writtenNames";
import { operators } from "./index";

/** Where names may stand nevertheless: a file, or what paths begin with, and why. */
const allowed: Readonly<Record<string, string>> = {
  "packages/onnx/": "They live here.",
  "packages/models/src/networks/": "Architectures are made of layers, some of them named alike.",
  "packages/models/src/layers/shared/activations.ts":
    "Values of an attribute of the recurrent operators, spelled like operators.",
  "packages/runtime/src/engines/onnx/":
    "What ONNX Runtime's kernels do beside the standard is known where ONNX Runtime is.",
};

const names = new Set(operators.map(({ op }) => op));

/** An operator is used where a graph is built of it; layers of Keras have some of the same names. */
const isUse = ({ before }: Written) =>
  /(\.ops?\(\s*|\.layer\(\s*|\bclass_?[nN]ame: |\bop: |merging\(\s*)$/.test(before);

it("no operator's name is written outside this package", () => {
  const leaks: string[] = [];
  for (const written of writtenTexts()) {
    const { file, line, text } = written;
    if (written.kind !== "text" || !names.has(text) || isUse(written)) continue;
    if (Object.keys(allowed).some((path) => file.startsWith(path)) || isOwnFile(file, text))
      continue;
    leaks.push(`${file}:${line} says ${text}: ask operatorFacts`);
  }
  expect(leaks).toEqual([]);
});
