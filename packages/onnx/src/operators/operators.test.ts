import { describe, expect, it } from "vitest";
import { checkOperator } from "../../testing/checkOperator";
import { operators } from "./index";

/** Why an operator has no sample in its definition. */
const exceptions: Readonly<Record<string, string>> = {
  If: "holds graphs: control.test.ts",
  Loop: "holds graphs: control.test.ts",
  Scan: "holds graphs: control.test.ts",
  SequenceEmpty: "lists of tensors; ONNX' node tests in fixtures/node",
  SequenceConstruct: "lists of tensors; ONNX' node tests in fixtures/node",
  SequenceInsert: "lists of tensors; ONNX' node tests in fixtures/node",
  SequenceErase: "lists of tensors; ONNX' node tests in fixtures/node",
  SequenceAt: "lists of tensors; ONNX' node tests in fixtures/node",
  SequenceLength: "lists of tensors; ONNX' node tests in fixtures/node",
  SplitToSequence: "lists of tensors; ONNX' node tests in fixtures/node",
  ConcatFromSequence: "lists of tensors; ONNX' node tests in fixtures/node",
};

const nameOf = ({ op, domain }: { op: string; domain?: string }) =>
  domain ? `${domain}.${op}` : op;

describe.each(operators.map((operator) => [nameOf(operator), operator] as const))(
  "%s",
  (name, operator) => {
    it("has samples", () => {
      expect(operator.samples.length > 0).toBe(!(name in exceptions));
    });
    it.each(
      operator.samples.map(
        (sample) =>
          [
            JSON.stringify(sample, (_, x: unknown) =>
              ArrayBuffer.isView(x) ? [...(x as Uint8Array)].join() : x,
            ),
            sample,
          ] as const,
      ),
    )("infers what ONNX Runtime returns: %s", async (_, sample) => checkOperator(operator, sample));
  },
);

it("names each operator once", () => {
  const names = operators.map(nameOf);
  expect(new Set(names).size).toBe(names.length);
});
