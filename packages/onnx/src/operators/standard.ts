// What the ONNX standard says of the operators of its own domain, version by version: how many inputs
// and outputs, of which types, and which attributes (https://onnx.ai/onnx/operators).
import { standard, typeSets } from "./standard.data";
import type { StatedType } from "../model/model";
export { newestOpset } from "./standard.data";

/** An input or an output as the standard describes it. */
export interface Formal {
  /** Inputs and outputs of one variable are of one type. */
  readonly variable: string;
  /** The types that the variable may stand for, e.g. "float32" or "sequence(int64)". */
  readonly types: ReadonlySet<string>;
  readonly optional: boolean;
  /** Whether it stands for any number of values; `mixed`: of any of its types each. */
  readonly variadic: boolean;
  readonly isMixed: boolean;
}

export interface Schema {
  /** The first operator set that has it like this. */
  readonly since: number;
  /** Whether that set took the operator out. */
  readonly isRemoved: boolean;
  readonly inputs: readonly Formal[];
  readonly leastInputs: number;
  readonly outputs: readonly Formal[];
  readonly leastOutputs: number;
  readonly attributes: ReadonlyMap<
    string,
    { readonly type: StatedType; readonly required: boolean }
  >;
}

/** The table, read when it is first asked for: who imports the package may never do. */
interface Table {
  /** Operator → its versions, oldest first, as lines that are read when they are asked for. */
  readonly linesByOperator: ReadonlyMap<string, readonly string[]>;
  readonly sets: readonly ReadonlySet<string>[];
}

let read: Table | undefined;

function table(): Table {
  if (read) return read;
  const linesByOperator = new Map<string, string[]>();
  for (const line of standard.trim().split("\n")) {
    const name = line.slice(0, line.indexOf(" "));
    const versions = linesByOperator.get(name);
    if (versions) versions.push(line);
    else linesByOperator.set(name, [line]);
  }
  const lines = typeSets.trim().split("\n");
  read = { linesByOperator, sets: lines.map((line) => new Set(line.split(" "))) };
  return read;
}

const schemas = new Map<string, readonly Schema[]>();

/** All versions of an operator of the standard, oldest first; none of one that it does not have. */
export function schemasOf(op: string): readonly Schema[] {
  const cached = schemas.get(op);
  if (cached) return cached;
  const versions = (table().linesByOperator.get(op) ?? []).map(schemaOf);
  schemas.set(op, versions);
  return versions;
}

/** The operator as operator set `opset` has it; undefined where it has none of that name. */
export function schemaIn(op: string, opset: number): Schema | undefined {
  return schemasOf(op).findLast(({ since }) => since <= opset);
}

/** Names of all operators of the standard. */
export const standardOperators = (): readonly string[] => [...table().linesByOperator.keys()];

const letters = "TUVWXYZABCDEFGHIJKLMNOPQRS";

function schemaOf(line: string): Schema {
  const [head = "", inputText = "", outputText = "", types = "", attributes = ""] = line.split("|");
  const since = head.slice(head.indexOf(" ") + 1);
  const allowed = types.split(" ").map((index) => table().sets[Number(index)]!);
  const formals = (text: string) => {
    const [min = "0", ...list] = text.split(" ").filter(Boolean);
    return {
      least: Number(min),
      list: list.map((each): Formal => ({
        variable: each[0]!,
        types: allowed[letters.indexOf(each[0]!)]!,
        optional: each.endsWith("?"),
        variadic: each.endsWith("*"),
        isMixed: each.endsWith("**"),
      })),
    };
  };
  const [inputs, outputs] = [formals(inputText), formals(outputText)];
  return {
    since: Number.parseInt(since, 10),
    isRemoved: since.endsWith("x"),
    inputs: inputs.list,
    leastInputs: inputs.least,
    outputs: outputs.list,
    leastOutputs: outputs.least,
    attributes: new Map(
      attributes
        .split(" ")
        .filter(Boolean)
        .map((each) => {
          const [name = "", type = ""] = each.split(":");
          const required = type.endsWith("!");
          return [name, { type: (required ? type.slice(0, -1) : type) as StatedType, required }];
        }),
    ),
  };
}
