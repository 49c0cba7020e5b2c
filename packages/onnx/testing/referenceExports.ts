// Networks that others exported to ONNX, each with what PyTorch computes for it, gradients included: eighteen of the
// reference in three exports each, and three real ones of PyTorch, Keras and CNTK.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sizeOf, tensor, type DType, type Tensor } from "@cajal/core";
import { bits, fnv1a, unit } from "../../models/testing/generated";
import { decodeModel } from "../src/file/decode";
import { isCarried } from "../src/model/model";
import { checkExport, type Compared, type ExportedNetwork, type Numbers } from "./checkExport";

export interface ReferenceExport {
  readonly title: string;
  /** Initializers whose gradients PyTorch says: none of them may be left out. */
  readonly trainedParameters: readonly string[];
  readonly check: () => Promise<Compared>;
}

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

/** @param folder that of the shared folder's reference/files/onnx */
export function referenceExports(folder: string): ReferenceExport[] {
  const { cases } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
    cases: readonly Case[];
  };
  return cases.flatMap((network) =>
    Object.entries(network.files).map(([form, facts]) => {
      const relations = Object.entries(facts.initializers);
      const plain = relations.filter(
        ([, relation]) => /^(= |transposed )/.test(relation) && !relation.includes("copied"),
      );
      return {
        title: `${network.case}.${form}`,
        trainedParameters: plain
          .filter(([, relation]) =>
            Object.hasOwn(network.gradients.parameters, relation.split(" ").at(-1)!),
          )
          .map(([name]) => name),
        check: () => checkForm(network, form),
      };
    }),
  );

  function checkForm(network: Case, form: string): Promise<Compared> {
    const facts = network.files[form]!;
    const read = (each: string) => readFileSync(join(folder, `${network.case}.${each}.onnx`));
    // The plain exports hold the parameters as they are.
    const parameters = new Map<string, Tensor>();
    for (const each of ["legacy", "dynamo_plain"])
      for (const [name, value] of decodeModel(read(each)).graph.initializers)
        if (!isCarried(value) && network.files[each]!.initializers[name]?.startsWith(`= ${name}`))
          parameters.set(name, value);
    return checkExport(
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
        skippedParameters: new Set(
          Object.entries(facts.initializers)
            .filter(([, relation]) => relation.includes("NOT") || relation.includes("copied"))
            .map(([name]) => name)
            .filter((name) => !facts.gradients_of_folded_kernels?.[name]),
        ),
        // Exported by dynamo, a training-mode normalization is an inference-mode one.
        comparesDifferences: facts.onnxruntime_difference > network.tolerance.outputs,
      },
    );
  }
}

function sequence(key: string, shape: readonly number[], formula = "r"): number[] {
  const seed = fnv1a(key);
  const modulo = /^u mod (\d+)$/.exec(formula)?.[1];
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    modulo ? bits(seed, i) % Number(modulo) : unit(seed, i),
  );
}

interface RealCase extends Pick<ExportedNetwork, "case" | "outputs" | "gradients"> {
  readonly input: { readonly name: string; readonly shape: readonly number[] };
}

/** @param folder that of the shared folder's data/real-models/onnx */
export function realExports(folder: string): ReferenceExport[] {
  const { cases } = JSON.parse(
    readFileSync(new URL("../fixtures/real_gradients.json", import.meta.url), "utf8"),
  ) as { cases: readonly RealCase[] };
  return cases.map(({ input: { name, shape }, ...network }) => ({
    title: network.case,
    trainedParameters: Object.keys(network.gradients.parameters),
    check: () => {
      const bytes = readFileSync(join(folder, `${network.case}.onnx`));
      const values = Array.from({ length: sizeOf(shape) }, (_, k) => ((37 * k + 11) % 256) / 255);
      return checkExport(
        {
          ...network,
          inputs: [{ name, value: tensor("float32", shape, values) }],
          dys: Object.values(network.outputs).map(({ shape: [...extents] }) =>
            Array.from({ length: sizeOf(extents) }, (_, k) => ((53 * k + 7) % 101) / 101 - 0.5),
          ),
          tolerance: { outputs: 1e-5, gradients: 1e-4 },
        },
        bytes,
        {
          parameters: decodeModel(bytes).graph.initializers as ReadonlyMap<string, Tensor>,
          shapes: { [name]: shape },
        },
      );
    },
  }));
}
