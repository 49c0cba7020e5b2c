// Small networks as PyTorch exports them, by both of its exporters, compute what PyTorch computes,
// gradients included. The files and their numbers are of fixtures/exports/make_exports.py.
import { readFileSync } from "node:fs";
import { tensor, type DType, type Tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { checkExport, type ExportedNetwork, type Numbers } from "../testing/checkExport";

interface Case extends Pick<ExportedNetwork, "case" | "outputs" | "dys" | "gradients"> {
  readonly inputs: readonly (Numbers & { readonly name: string; readonly dtype: DType })[];
  readonly parameters: Readonly<Record<string, Numbers>>;
}

const folder = new URL("../fixtures/exports/", import.meta.url);
const { cases } = JSON.parse(readFileSync(new URL("exports.json", folder), "utf8")) as {
  cases: readonly Case[];
};

/** Rounding of float32 against PyTorch's float64; of gradients against the largest of the array. */
const tolerance = { outputs: 1e-5, gradients: 1e-4 };

/** Parameters that an exporter leaves as they are, or only orders anew. */
const comparedParameters: Readonly<Record<string, number>> = {
  vit: 13,
  vit23: 13,
  convnext: 9,
  splits: 1,
  packed_gru: 8,
  grid: 4,
};

describe("exports of PyTorch", () => {
  it("are all there", () =>
    expect(cases.map((each) => each.case)).toEqual(Object.keys(comparedParameters)));

  it.each(cases.map((each) => [each.case, each] as const))("%s", async (name, network) => {
    const parameters = new Map<string, Tensor>(
      Object.entries(network.parameters).map(([parameter, { shape, data }]) => [
        parameter,
        tensor("float32", shape, data),
      ]),
    );
    const inputs = network.inputs.map(({ name: input, dtype, shape, data }) => ({
      name: input,
      value: tensor(dtype, shape, data),
    }));
    const bytes = readFileSync(new URL(`${name}.onnx`, folder));
    const got = await checkExport({ ...network, inputs, tolerance }, bytes, { parameters });
    expect(got.inputs).toEqual(["x"]);
    expect(got.parameters.length).toBe(comparedParameters[name]);
  });
});
