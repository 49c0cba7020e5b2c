// Networks that others exported compute what PyTorch computes, gradients included: eighteen, exported in three ways, and
// three real ones of PyTorch, Keras and CNTK.
import { expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import { realExports, referenceExports, type ReferenceExport } from "../testing/referenceExports";

const check = (exports: readonly ReferenceExport[]) =>
  it.each(exports)("$title", async ({ check, trainedParameters }) => {
    const report = await check();
    expect(report.parameters).toEqual(expect.arrayContaining([...trainedParameters]));
  });

describeWithShared("exports of PyTorch", "reference/files/onnx", (folder) => {
  const exports = referenceExports(folder);
  it("are 54", () => expect(exports.length).toBe(54));
  check(exports);
});

describeWithShared("real networks", "data/real-models/onnx", (folder) => {
  check(realExports(folder));
});
