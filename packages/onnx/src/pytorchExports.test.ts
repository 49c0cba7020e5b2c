// Eighteen networks, exported by PyTorch in three ways, compute what PyTorch computes, gradients
// included.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tensor, type DType, type Tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import { bits, fnv1a, unit } from "../../models/testing/generated";
import { checkExport, type ExportedNetwork, type Numbers } from "../testing/checkExport";
import { decodeModel } from "./file/decode";
import { isCarried } from "./model/model";

interface Case extends Omit<ExportedNetwork, "inputs" | "dys"> {
  readonly inputs: readonly { name: string; shape: number[]; dtype: DType; formula: string }[];
  readonly files: Readonly<
    Record<
      string,
      {
        readonly onnxruntime_difference: number;
        readonly initializers: Readonly<Record<string, string>>;
        readonly gradients_of_folded_kernels?: Readonly<Record<string, Numbers>>;
      }
    >
  >;
}

describeWithShared("exports of PyTorch", "reference/files/onnx", (folder) => {
  const { cases } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
    cases: readonly Case[];
  };
  const exports = cases.flatMap((network) =>
    Object.entries(network.files).map(([form, facts]) => ({ network, form, facts })),
  );
  it("are 54", () => expect(exports.length).toBe(54));

  const sequence = (key: string, shape: readonly number[], formula = "r") => {
    const seed = fnv1a(key);
    const modulo = /^u mod (\d+)$/.exec(formula)?.[1];
    const size = shape.reduce((p, n) => p * n, 1);
    return Array.from({ length: size }, (_, i) =>
      modulo ? bits(seed, i) % Number(modulo) : unit(seed, i),
    );
  };

  for (const { network, form, facts } of exports)
    it(`${network.case}.${form}`, async () => {
      const read = (each: string) => readFileSync(join(folder, `${network.case}.${each}.onnx`));
      // The plain exports hold the parameters as they are.
      const parameters = new Map<string, Tensor>();
      for (const each of ["legacy", "dynamo_plain"])
        for (const [name, value] of decodeModel(read(each)).graph.initializers)
          if (!isCarried(value) && network.files[each]!.initializers[name]?.startsWith(`= ${name}`))
            parameters.set(name, value);
      const relations = Object.entries(facts.initializers);
      const compared = await checkExport(
        {
          ...network,
          inputs: network.inputs.map(({ name, shape, dtype, formula }) => ({
            name,
            value: tensor(dtype, shape, sequence(`input/${network.case}/${name}`, shape, formula)),
          })),
          dys: Object.values(network.outputs).map(({ shape }, k) =>
            sequence(`${network.case}/dy/${k}`, shape),
          ),
        },
        read(form),
        {
          parameters,
          folded: facts.gradients_of_folded_kernels,
          apart: new Set(
            relations
              .filter(([, relation]) => relation.includes("NOT") || relation.includes("copied"))
              .map(([name]) => name)
              .filter((name) => !facts.gradients_of_folded_kernels?.[name]),
          ),
          // Exported by dynamo, a training-mode normalization is an inference-mode one.
          another: facts.onnxruntime_difference > network.tolerance.outputs,
        },
      );
      // Not one of the parameters is left out.
      const plain = relations.filter(
        ([, relation]) => /^(= |transposed )/.test(relation) && !relation.includes("copied"),
      );
      const trained = plain.filter(([, relation]) => {
        const name = relation.split(" ").at(-1)!;
        return network.gradients.parameters[name] !== undefined;
      });
      expect(compared.parameters).toEqual(expect.arrayContaining(trained.map(([name]) => name)));
    });
});
