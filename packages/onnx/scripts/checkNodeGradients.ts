// Compares the gradients of the ONNX project's own node tests with differences:
//   python packages/onnx/scripts/exportNodeTests.py FOLDER
//   node scripts/run-source.mjs packages/onnx/scripts/checkNodeGradients.ts FOLDER [PART OF A NAME] [--verbose]
//
// Every float input of every case is differentiated by, in three forms of its graph: all inputs fed at run
// time ("fed"), integers and flags as constants ("constant"), and fed with all extents free ("free"). The
// differences are taken of ONNX Runtime's results, in float64 where it has the kernels, at the case's own
// numbers and at others beside them. The gradient is computed in that type and in the case's own. It is
// right or refused; one that is wrong ends the program with status 1.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isCajalError, random, sizeOf, tensor, type DType, type Tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { GraphBuilder } from "../src/graph/builder";
import { decodeModel } from "../src/file/decode";
import { computed, type ElementType } from "../src/model/elementType";
import { gradients } from "../src/differentiate";
import { encodeModel } from "../src/file/encode";
import type { OnnxModel } from "../src/model/model";
import { readTensorProto } from "../testing/readTensorProto";
import { precisions, slopeAt } from "../testing/slopes";
import { numbersIn, tensorIn, withFloats } from "../testing/withFloats";

/** Places of an input that are compared. */
const maxPlaces = 5;
const forms = ["fed", "constant", "free"] as const;
type Form = (typeof forms)[number];
type Feeds = ReadonlyMap<string, Tensor>;

interface Case {
  readonly name: string;
  readonly model: OnnxModel;
  readonly inputs: Feeds;
}

type Kind = "right" | "refused" | "skipped" | "wrong";
interface Outcome {
  readonly kind: Kind;
  /** Of what is right: the type that was compared in. */
  readonly why: string;
}

// The newest operator sets are under way: ONNX Runtime runs them only where this is said.
process.env.ALLOW_RELEASED_ONNX_OPSET_ONLY = "0";

const flags = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const [folder, part = ""] = process.argv.slice(2).filter((argument) => !flags.includes(argument));
if (!folder) throw new Error("usage: checkNodeGradients.ts FOLDER [PART OF A NAME] [--verbose]");

const outcomes = new Map<Kind, Map<string, string[]>>();
const addOutcome = ({ kind, why }: Outcome, what: string) => {
  const reasons = outcomes.get(kind) ?? new Map<string, string[]>();
  outcomes.set(kind, reasons);
  reasons.set(why, [...(reasons.get(why) ?? []), what]);
  if (kind === "wrong") console.log(`WRONG ${what}: ${why}`);
};
const right = (why: string): Outcome => ({ kind: "right", why });
const skipped = (why: string): Outcome => ({ kind: "skipped", why });
const wrong = (why: string): Outcome => ({ kind: "wrong", why });

const isFloat = (dtype: ElementType) => dtype.startsWith("float");

let cases = 0;
for (const name of readdirSync(folder).toSorted()) {
  if (!name.includes(part) || !existsSync(join(folder, name, "model.onnx"))) continue;
  cases++;
  if (cases % 50 === 0) console.error(`${cases} cases, at ${name}`);
  const testCase = readCase(name);
  if ("kind" in testCase) {
    addOutcome(testCase, name);
    continue;
  }
  const by = [...testCase.inputs].filter(([, { dtype }]) => isFloat(dtype)).map(([input]) => input);
  if (by.length === 0) addOutcome(skipped("has no float input"), name);
  for (const input of by)
    for (const form of forms) {
      const hasIntegers = [...testCase.inputs.values()].some(({ dtype }) => !isFloat(dtype));
      if (form === "constant" && !hasIntegers) continue;
      const outcome = await check(testCase, input, form).catch((error: unknown) =>
        skipped(`not run by ONNX Runtime: ${reason(error)}`),
      );
      addOutcome(outcome, `${name} by ${input}, ${form}`);
    }
}

console.log(`\n${cases} cases`);
for (const kind of ["right", "refused", "skipped", "wrong"] as const) {
  const reasons = [...(outcomes.get(kind) ?? [])].sort(([, a], [, b]) => b.length - a.length);
  console.log(`\n${kind}: ${reasons.reduce((sum, [, list]) => sum + list.length, 0)}`);
  for (const [why, list] of reasons) {
    console.log(`  ${list.length}  ${why}`);
    if (kind !== "right")
      console.log(`       ${list.slice(0, flags.includes("--verbose") ? Infinity : 2).join("; ")}`);
  }
}
if (outcomes.has("wrong")) process.exitCode = 1;

function readCase(name: string): Case | Outcome {
  try {
    const model = decodeModel(readFileSync(join(folder!, name, "model.onnx")));
    const inputs = new Map<string, Tensor>();
    model.graph.inputs.forEach((input, i) => {
      const file = join(folder!, name, "test_data_set_0", `input_${i}.pb`);
      if (existsSync(file)) inputs.set(input.name, readTensorProto(readFileSync(file)));
    });
    return { name, model, inputs };
  } catch (error) {
    return skipped(`not read: ${reason(error)}`);
  }
}

/** An error's message without the names and numbers of its case. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replaceAll(/"[^"]*"/g, '"…"')
    .replaceAll(/\[[^\]]*\]/g, "[…]")
    .replaceAll(/Name:'[^']*'/g, "")
    .split(/(?<=[a-z"\])])\. /)[0]!
    .slice(0, 220);
}

async function check(testCase: Case, by: string, form: Form): Promise<Outcome> {
  const ownGradient = await open(testCase.model, testCase.inputs, by, form);
  if ("kind" in ownGradient && ownGradient.kind === "refused") return ownGradient;
  let preciseGradient: Opened | Outcome = skipped("");
  let type: "float64" | "float32" = "float64";
  for (type of ["float64", "float32"] as const) {
    const model = withFloats(testCase.model, type);
    const changedNames = new Set(
      model.graph.inputs.filter(({ dtype }) => dtype === type).map(({ name }) => name),
    );
    const inputs = new Map(
      [...testCase.inputs].map(([name, input]) => [
        name,
        changedNames.has(name) ? tensorIn(input, type) : input,
      ]),
    );
    preciseGradient = await open(model, inputs, by, form);
    if (!("kind" in preciseGradient)) break;
  }
  try {
    if ("kind" in preciseGradient)
      return "kind" in ownGradient && ownGradient.kind === "wrong" ? ownGradient : preciseGradient;
    if ("kind" in ownGradient && ownGradient.kind === "wrong") return ownGradient;
    return await compare(
      testCase,
      by,
      preciseGradient,
      type,
      "kind" in ownGradient ? undefined : ownGradient,
    );
  } finally {
    for (const opened of [ownGradient, preciseGradient])
      if (!("kind" in opened)) await opened.release();
  }
}

interface Opened {
  /** The point that the case is at. */
  readonly at: Tensor;
  /** Whether all results are float64, known after a run. */
  exact(): boolean;
  /** All results after each other. */
  f(x: Tensor): Promise<number[]>;
  /** The gradient of the results' sum, each times its weight. */
  gradient(x: Tensor, weights: readonly number[]): Promise<number[]>;
  release(): Promise<void>;
}

/** The graph and its gradient in ONNX Runtime. */
async function open(
  model: OnnxModel,
  inputs: Feeds,
  by: string,
  form: Form,
): Promise<Opened | Outcome> {
  const modelInForm = inForm(model, inputs, form);
  const feeds = new Map(
    [...inputs].filter(([name]) => modelInForm.graph.inputs.some((input) => input.name === name)),
  );
  let g: GraphBuilder;
  let dx: string;
  let ys: string[];
  try {
    g = GraphBuilder.from(modelInForm);
    const results = g.outputs.filter(({ dtype }) => isFloat(dtype));
    if (results.length === 0) return skipped("has no float output");
    ys = results.map(({ name }) => name);
  } catch (error) {
    return skipped(`not built: ${reason(error)}`);
  }
  const forward = await session(g);
  if (typeof forward === "string") return skipped(`not run by ONNX Runtime: ${forward}`);
  const shapes: (readonly number[])[] = [];
  const types: string[] = [];
  const f = async (x: Tensor) => {
    const outputs = await forward.run(ortFeeds(new Map([...feeds, [by, x]])), ys);
    return ys.flatMap((name, i) => {
      const { dims, type, data } = outputs[name]!;
      shapes[i] = dims;
      types[i] = type;
      return numbersIn({ dtype: type, shape: dims, data } as Tensor);
    });
  };
  try {
    await f(inputs.get(by)!);
  } catch (error) {
    await forward.release();
    return skipped(`not run by ONNX Runtime: ${reason(error)}`);
  }
  try {
    const weighted = ys.map((name, i) => {
      const y = g.value(name);
      const product = g.mul(y, g.input(`weights/${i}`, y.dtype, y.shape));
      return g.cast(g.reduceSum(product, { keepdims: false }), "float32");
    });
    const target = weighted.reduce((a, b) => g.add(a, b));
    dx = g.output(gradients(g, target, [g.value(by)])[0]!, "the/gradient").name;
  } catch (error) {
    await forward.release();
    if (isCajalError(error, "unsupported")) return { kind: "refused", why: reason(error) };
    return wrong(`not differentiated: ${error instanceof Error ? error.stack : error}`);
  }
  const backward = await session(g);
  if (typeof backward === "string") {
    await forward.release();
    return wrong(`the graph of the gradient is invalid: ${backward}`);
  }
  return {
    at: inputs.get(by)!,
    exact: () => types.every((type) => type === "float64"),
    f,
    async gradient(x, weights) {
      let start = 0;
      const allFeeds = new Map([...feeds, [by, x]]);
      ys.forEach((name, i) => {
        const part = weights.slice(start, (start += sizeOf(shapes[i]!)));
        allFeeds.set(`weights/${i}`, ofType(computed(g.value(name).dtype), shapes[i]!, part));
      });
      const result = (await backward.run(ortFeeds(allFeeds), [dx]))[dx]!;
      if (result.dims.join() !== x.shape.join())
        throw new Error(`the gradient is of shape [${result.dims.join()}] for [${x.shape.join()}]`);
      return numbersIn({ dtype: result.type, shape: result.dims, data: result.data } as Tensor);
    },
    async release() {
      await forward.release();
      await backward.release();
    },
  };
}

async function compare(
  testCase: Case,
  by: string,
  preciseGradient: Opened,
  type: "float64" | "float32",
  ownGradient: Opened | undefined,
): Promise<Outcome> {
  const rng = random(7, `${testCase.name} ${by}`);
  const { at } = preciseGradient;
  const first = await preciseGradient.f(at);
  const second = await preciseGradient.f(at);
  if (first.some((y, i) => !Object.is(y, second[i]))) return skipped("draws random numbers");
  const ownType = testCase.inputs.get(by)!.dtype;
  // Both types can hold the points that are compared.
  const representable = type === "float64" && at.dtype === "float64" ? Number : Math.fround;
  const anyWeights = first.map(() => Math.round(16 * rng.normal()) / 16);
  // Some kernels for float64 reckon in float32, or give a statistic in it: their results show it.
  const nearby = numbersIn(at).map((x) => x + 1e-7 * rng.normal());
  const nearbyResults = await preciseGradient.f(tensor(at.dtype, at.shape, nearby));
  const isPrecise = preciseGradient.exact() && nearbyResults.some((y) => Math.fround(y) !== y);
  const precision = precisions[isPrecise ? type : "float32"];
  const size = sizeOf(at.shape);
  let compared = 0;
  for (const isMoved of [false, true]) {
    const values = numbersIn(at);
    if (!isMoved && !values.every(Number.isFinite)) continue;
    if (isMoved)
      values.forEach((x, i) => {
        const from = Number.isFinite(x) ? x : rng.normal();
        values[i] = Math.fround(from + 0.03 * (2 * rng.float() - 1));
      });
    const point = (numbers: readonly number[]) => tensor(at.dtype, at.shape, numbers);
    const results = await preciseGradient.f(point(values));
    // An input that the size of the results goes by, as Range's limit; a point without a result, as that of a
    // variance below 0.
    if (results.length !== first.length || results.some(Number.isNaN)) continue;
    // What is infinite does not count.
    const weights = anyWeights.map((weight, k) => (Number.isFinite(results[k]) ? weight : 0));
    const f = async (i: number, x: number) => {
      const y = await preciseGradient.f(point(values.with(i, x)));
      if (y.length !== results.length) return NaN;
      return y.reduce((sum, each, k) => sum + (weights[k] === 0 ? 0 : weights[k]! * (each - results[k]!)), 0); // prettier-ignore
    };
    let got: (readonly [what: string, dx: readonly number[], slack: number])[];
    try {
      got = [[type, await preciseGradient.gradient(point(values), weights), 0]];
      if (ownGradient && ownType !== at.dtype && !(isMoved && ownType === "float16")) {
        const x = isMoved ? tensor(ownType, at.shape, values) : testCase.inputs.get(by)!;
        const slack = ownType === "float16" ? 2e-2 : 1e-3;
        await ownGradient.f(x);
        got.push([ownType, await ownGradient.gradient(x, weights), slack]);
      }
    } catch (error) {
      return wrong(`the gradient cannot be computed: ${error instanceof Error ? error.message : error}`); // prettier-ignore
    }
    const magnitude = Math.hypot(...results.filter(Number.isFinite).map((y, k) => y * weights[k]!));
    const indices =
      size <= maxPlaces ? [...values.keys()] : rng.permutation(size).slice(0, maxPlaces);
    for (const i of indices) {
      const bounds = await slopeAt((x) => f(i, x), values[i]!, magnitude, precision, representable);
      if (!bounds) continue;
      const [low, high] = bounds;
      for (const [what, dx, slack] of got) {
        const tolerance = slack * Math.max(1, Math.abs(low), Math.abs(high));
        if (!(dx[i]! >= low - tolerance && dx[i]! <= high + tolerance))
          return wrong(
            `in ${what}, at ${values[i]}${isMoved ? " (moved)" : ""}, place ${i}: got ${dx[i]}, differences in ${type} say ${low} to ${high}`,
          );
      }
      compared++;
    }
  }
  return compared === 0 && size > 0
    ? skipped("nowhere differentiable")
    : right(isPrecise ? type : "float32");
}

/** The model in one of the three forms. */
function inForm(model: OnnxModel, inputs: Feeds, form: Form): OnnxModel {
  const { graph } = model;
  const constant = ({ name }: { name: string }) =>
    form === "constant" && inputs.has(name) && !isFloat(inputs.get(name)!.dtype);
  return {
    ...model,
    graph: {
      ...graph,
      initializers: new Map([
        ...graph.initializers,
        ...graph.inputs.filter(constant).map(({ name }) => [name, inputs.get(name)!] as const),
      ]),
      inputs: graph.inputs
        .filter((input) => !constant(input))
        .map((input) =>
          form === "free"
            ? { ...input, shape: input.shape?.map((_, i) => `${input.name}.${i}`) }
            : input,
        ),
    },
  };
}

async function session(g: GraphBuilder): Promise<ort.InferenceSession | string> {
  try {
    return await ort.InferenceSession.create(encodeModel(g.build()), {
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
    });
  } catch (error) {
    return reason(error);
  }
}

function ortFeeds(feeds: Feeds): Record<string, ort.Tensor> {
  return Object.fromEntries(
    [...feeds].map(([name, { dtype, shape, data }]) => [name, new ort.Tensor(dtype, data, shape)]),
  );
}

/** Numbers as a tensor of any float type. */
function ofType(dtype: DType, shape: readonly number[], values: readonly number[]): Tensor {
  if (dtype !== "float16") return tensor(dtype, shape, values);
  const g = new GraphBuilder();
  const bits = values.map((value) => Number(g.constantOf(g.scalar("float16", value))!.data[0]));
  return tensor("float16", shape, bits);
}
