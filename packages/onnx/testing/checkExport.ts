// Whether an export of a network computes what PyTorch computes: outputs, and gradients of inputs and
// parameters of the sum of all outputs, each times a fixed dy.
import { tensor, type Tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { expect } from "vitest";
import { GraphBuilder } from "../src/graph/builder";
import { decodeModel } from "../src/file/decode";
import { computed } from "../src/model/elementType";
import { isCarried } from "../src/model/model";
import { gradients } from "../src/differentiate";
import { encodeModel } from "../src/file/encode";

export interface Numbers {
  readonly shape: readonly number[];
  readonly dtype?: string;
  /** Of long arrays `data` has each so-manieth value alone. Default 1. */
  readonly every?: number;
  readonly data: readonly number[];
}

/** What PyTorch gives for a network, and what its exports are called. */
export interface ExportedNetwork {
  readonly case: string;
  readonly inputs: readonly { readonly name: string; readonly value: Tensor }[];
  readonly outputs: Readonly<Record<string, Numbers>>;
  /** The gradients of the outputs, in their order. */
  readonly dys: readonly (readonly number[])[];
  readonly gradients: {
    readonly inputs: Readonly<Record<string, Numbers>>;
    readonly parameters: Readonly<Record<string, Numbers>>;
  };
  /** Errors allowed: of outputs absolute, of gradients against the largest of the array. */
  readonly tolerance: { readonly outputs: number; readonly gradients: number };
}

/** What is known of one export of a network. */
export interface Exported {
  /** Parameters' values by their names: initializers are recognized by them. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** Gradients of initializers that are a parameter times something. */
  readonly folded?: Readonly<Record<string, Numbers>> | undefined;
  /** Initializers whose gradient is not the parameter's. */
  readonly skippedParameters?: ReadonlySet<string> | undefined;
  /** Whether the exporter wrote another network: its gradients are then compared with differences. */
  readonly comparesDifferences?: boolean | undefined;
  /** Shapes for inputs, where they are free in the export. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined;
}

export interface Compared {
  readonly outputs: number;
  readonly inputs: readonly string[];
  readonly parameters: readonly string[];
  /** The largest errors, each against the largest value of its array; NaN where differences were compared. */
  readonly errors: { readonly outputs: number; readonly inputs: number; readonly parameters: number }; // prettier-ignore
}

/** Compares one export; what has been compared is returned, so that a test can ask for it. */
export async function checkExport(
  network: ExportedNetwork,
  bytes: Uint8Array,
  {
    parameters,
    folded = {},
    skippedParameters: apart = new Set(),
    comparesDifferences: another = false,
    shapes = {},
  }: Exported,
): Promise<Compared> {
  const model = decodeModel(bytes);
  const g = GraphBuilder.from(model, { shapes });
  const names = Object.keys(network.outputs);
  expect(g.outputs.length).toBe(names.length);
  const target = g.outputs
    .map((y, k) => {
      const dy = tensor(computed(y.dtype), network.outputs[names[k]!]!.shape, network.dys[k]);
      return g.reduceSum(g.mul(y, g.constant(dy)), { keepdims: false });
    })
    .reduce((a, b) => g.add(a, b));
  const withRespectTo = [
    ...network.inputs.flatMap(({ name, value }, i) => {
      const expected = network.gradients.inputs[name];
      return value.dtype.startsWith("float") && expected
        ? [{ name, of: g.inputs[i]!.name, expected, kind: "input" as const }]
        : [];
    }),
    ...[...model.graph.initializers].flatMap(([name, value]) => {
      if (apart.has(name) || isCarried(value)) return [];
      const direct = folded[name];
      const expected = direct ?? gradientOf(name, value, network, parameters);
      return expected ? [{ name, of: name, expected, kind: "parameter" as const }] : [];
    }),
  ];
  const results = gradients(
    g,
    target,
    withRespectTo.map((each) => g.value(each.of)),
  );
  const outputs = [...g.outputs];
  results.forEach((dx, i) => g.output(dx, `gradient/${withRespectTo[i]!.of}`));
  g.output(target, "sum of all");
  const session = await ort.InferenceSession.create(encodeModel(g.build()), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1, // of networks this small a second one only waits
  });
  const noError = another ? NaN : 0;
  const errors = { outputs: noError, inputs: noError, parameters: noError };
  try {
    const run = async (inputs: readonly Tensor[]) =>
      session.run(
        Object.fromEntries(
          inputs.map((value, i) => [
            g.inputs[i]!.name,
            new ort.Tensor(value.dtype as "float32", value.data as Float32Array, value.shape),
          ]),
        ),
      );
    const inputs = network.inputs.map(({ value }) => value);
    const got = await run(inputs);
    if (another) {
      // Half a step along the gradient itself, forwards and backwards.
      const dx = got[`gradient/${g.inputs[0]!.name}`]!.data as Float32Array;
      const norm = Math.hypot(...dx);
      const at = async (h: number) => {
        const [x, ...rest] = inputs;
        const data = (x!.data as Float32Array).map((value, i) => value + (h * dx[i]!) / norm);
        const all = await run([{ ...x!, data } as Tensor, ...rest]);
        return Number(all["sum of all"]!.data[0]);
      };
      const difference = ((await at(1e-2)) - (await at(-1e-2))) / 2e-2;
      expect(Math.abs(difference - norm), "slope along the gradient").toBeLessThan(1e-2 * norm);
    }
    names.forEach((name, k) => {
      const y = got[outputs[k]!.name]!;
      const expected = network.outputs[name]!;
      expect(y.dims, `shape of output ${name}`).toEqual(expected.shape);
      if (another) return;
      const [error, largest] = [maxDifference(y.data, expected), largestOf(expected.data)];
      expect(error, `output ${name}`).toBeLessThanOrEqual(
        network.tolerance.outputs * Math.max(1, largest),
      );
      errors.outputs = Math.max(errors.outputs, error / Math.max(largest, 1e-3));
    });
    for (const { name, of: value, expected, kind } of withRespectTo) {
      const dx = got[`gradient/${value}`]!;
      expect(dx.dims, `shape of the gradient of ${name}`).toEqual(expected.shape);
      if (another) continue;
      const error = maxDifference(dx.data, expected) / Math.max(largestOf(expected.data), 1e-3);
      expect(error, `gradient of ${name}`).toBeLessThanOrEqual(network.tolerance.gradients);
      errors[`${kind}s`] = Math.max(errors[`${kind}s`], error);
    }
  } finally {
    await session.release();
  }
  const compareGradients = (kind: string) =>
    withRespectTo.filter((each) => each.kind === kind).map(({ name }) => name);
  return {
    outputs: names.length,
    inputs: compareGradients("input"),
    parameters: compareGradients("parameter"),
    errors,
  };
}

/**
 * The gradient of an initializer that holds a parameter's values, in whatever order and shape
 * (transposed, or with other gates first): each value is where its gradient is.
 */
function gradientOf(
  name: string,
  value: Tensor,
  network: ExportedNetwork,
  parameters: ReadonlyMap<string, Tensor>,
): Numbers | undefined {
  if (!value.dtype.startsWith("float") || value.data.length < 2) {
    const same = parameters.get(name);
    const gradient = network.gradients.parameters[name];
    return same && gradient && equal(same.data, value.data) ? gradient : undefined;
  }
  const own = [...parameters].filter(([each]) => each === name);
  for (const [parameter, { data }] of [...own, ...parameters]) {
    const gradient = network.gradients.parameters[parameter];
    if (!gradient || data.length !== value.data.length) continue;
    if (equal(data, value.data)) return { ...gradient, shape: value.shape };
    const at = new Map(Array.from(data as Float32Array, (each, i) => [each, i] as const));
    if (at.size !== data.length) continue; // equal values cannot be told apart
    const order = Array.from(value.data as Float32Array, (each) => at.get(each));
    if (order.every((i) => i !== undefined))
      return { shape: value.shape, data: order.map((i) => gradient.data[i]!) };
  }
  return undefined;
}

const equal = (a: Tensor["data"], b: Tensor["data"]) =>
  a.length === b.length && a.every((value, i) => value === b[i]);

const largestOf = (data: readonly number[]) =>
  data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);

/** The largest difference; NaN counts as infinite. */
function maxDifference(got: ort.Tensor["data"], { data, every = 1 }: Numbers): number {
  if (Math.ceil(got.length / every) !== data.length) return Infinity;
  return data.reduce((max, value, i) => {
    const error = Math.abs(Number(got[i * every]) - value);
    return Number.isNaN(error) ? Infinity : Math.max(max, error);
  }, 0);
}
