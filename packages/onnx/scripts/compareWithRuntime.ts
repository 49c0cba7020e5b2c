// What checkModel says of nodes with odd attributes and constants, against what ONNX Runtime does:
//   node scripts/run-source.mjs packages/onnx/scripts/compareWithRuntime.ts [OPERATOR] [--all]
//
// Every sample of every operator's definition is changed in one place at a time. What ONNX Runtime refuses,
// or ends the process on, and checkModel passes, is listed, with what it says; with --all also the reverse.
import { isCajalError, tensor } from "@cajal/core";
import { problemsOf } from "../src/graph/check";
import { inferShapes } from "../src/graph/inferShapes";
import type { Attribute, Node, OnnxModel } from "../src/model/model";
import { operators } from "../src/operators";
import { schemaIn } from "../src/operators/standard";
import { changedSample, verdicts, type Case } from "../testing/runtimeVerdicts";
import { sampleGraph } from "../testing/sampleGraph";

const ints = [-100, -2, -1, 0, 1, 2, 3, 4, 99];
const floats = [-1, 0, 1e-10, 0.5, 1, 2, Infinity, NaN];

/** One number of a list changed, one more, one less, and none. */
function lists(from: readonly number[], values: readonly number[]): readonly number[][] {
  const changed = from.flatMap((_, i) => values.map((value) => from.with(i, value)));
  return [...changed, [...from, 1], from.slice(0, -1), []];
}

function changedAttributes(node: Node, opset: number): readonly (readonly [string, Attribute])[] {
  const definition = operators.find(
    ({ op, domain = "" }) => op === node.op && domain === node.domain,
  )!;
  const schema = node.domain === "" ? schemaIn(node.op, opset) : undefined;
  const types = schema
    ? [...schema.attributes].map(([name, { type }]) => [name, type] as const)
    : Object.entries(definition.attributes);
  const rank = 4;
  return types.flatMap(([name, type]): (readonly [string, Attribute])[] => {
    const current = node.attributes[name];
    switch (type) {
      case "int":
        return ints.map((value) => [name, { type, value }]);
      case "float":
        return floats.map((value) => [name, { type, value }]);
      case "ints": {
        const length = name === "pads" ? 2 * (rank - 2) : name === "perm" ? rank : rank - 2;
        const from = current?.type === "ints" ? current.value : Array<number>(length).fill(1);
        return lists(from, ints).map((value) => [name, { type, value }]);
      }
      case "floats":
        return lists(current?.type === "floats" ? current.value : [1], floats).map((value) => [
          name,
          { type, value },
        ]);
      case "string":
        return ["", "nonsense", "VALID", "SAME_UPPER"].map((value) => [name, { type, value }]);
      default:
        return [];
    }
  });
}

function casesOf(filter: string): readonly Case[] {
  const cases: Case[] = [];
  for (const operator of operators) {
    if (filter && operator.op !== filter) continue;
    for (const [i, sample] of operator.samples.entries()) {
      const base = sampleGraph(operator, sample).g.build();
      const add = (
        what: string,
        node: Partial<Node>,
        initializers?: OnnxModel["graph"]["initializers"],
      ) =>
        // prettier-ignore
        cases.push(
          changedSample(operator, sample, () => ({
            title: `${operator.op} ${i}: ${what}`,
            node,
            ...(initializers ? { initializers } : {}),
          })),
        );
      const node = base.graph.nodes[0]!;
      const opset = base.opsets[""]!;
      for (const [name, attribute] of changedAttributes(node, opset))
        add(`${name} ${JSON.stringify(attribute.value)}`, {
          attributes: { ...node.attributes, [name]: attribute },
        });
      for (const [name, data] of base.graph.initializers) {
        const isInteger = data.dtype === "int64" || data.dtype === "int32";
        if ((!isInteger && data.dtype !== "float32") || data.data.length > 8) continue;
        const at = node.inputs.indexOf(name);
        const from = Array.from(data.data as ArrayLike<number | bigint>, Number);
        const values = isInteger ? ints : floats;
        const changes =
          data.shape.length === 0
            ? values.map((value) => tensor(data.dtype as "int64", [], [value]))
            : data.shape.length === 1
              ? lists(from, values).map((list) =>
                  tensor(data.dtype as "int64", [list.length], list),
                )
              : lists(from, values)
                  .filter((list) => list.length === from.length)
                  .map((list) => tensor(data.dtype as "int64", data.shape as number[], list));
        for (const changed of changes)
          add(
            `input ${at} ${JSON.stringify(Array.from(changed.data as ArrayLike<number | bigint>, Number))} ${changed.dtype}[${changed.shape.join()}]`,
            {},
            new Map([...base.graph.initializers, [name, changed]]),
          );
      }
    }
  }
  return cases;
}

const flags = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const [filter = ""] = process.argv.slice(2).filter((argument) => !flags.includes(argument));
const cases = casesOf(filter);
const results = await verdicts(cases);
const counts = new Map<string, number>();
cases.forEach(({ title, model }, i) => {
  let problem: string | undefined;
  try {
    problem = problemsOf(model)[0]?.message;
  } catch (error) {
    problem = `THROWS ${isCajalError(error) ? error.message : String(error)}`;
  }
  const { stage, message = "", shapes } = results[i]!;
  const what = `${problem ? "refused" : "passed"} here, ${stage}`;
  counts.set(what, (counts.get(what) ?? 0) + 1);
  if (problem?.startsWith("THROWS")) console.log(`${title}\t${problem}`);
  else if (!problem && stage !== "ok") console.log(`${title}\t${stage}\t${message.split("\n")[0]}`);
  else if (problem && stage === "ok" && flags.includes("--all"))
    console.log(`${title}\tREFUSED HERE\t${problem}`);
  else if (!problem && shapes) {
    const values = inferShapes(model);
    model.graph.outputs.forEach(({ name }, k) => {
      const inferredShape = values.get(name)!.shape;
      const actualShape = shapes[k]!;
      if (
        inferredShape &&
        (inferredShape.length !== actualShape.length ||
          inferredShape.some((dim, axis) => typeof dim === "number" && dim !== actualShape[axis]))
      )
        console.log(
          `${title}\tWRONG SHAPE\ttold [${inferredShape.join()}], is [${actualShape.join()}]`,
        );
    });
  }
});
console.log(JSON.stringify(Object.fromEntries(counts)));
