// What the definitions say of arity, attributes and versions is what the standard says (standard.data.ts, from
// the onnx package): over all of an operator's versions, as definitions are for all of them.
import { describe, expect, it } from "vitest";
import { operators } from "./index";
import { newestOpset, schemasOf, type Formal, type Schema } from "./standard";

const standardOperators = operators.filter(({ domain = "" }) => domain === "");

const maxInputs = (formals: readonly Formal[]) =>
  formals.at(-1)?.variadic ? Infinity : formals.length;

describe.each(standardOperators.map((each) => [each.op, each] as const))("%s", (op, definition) => {
  const versions: readonly Schema[] = schemasOf(op).filter(({ isRemoved }) => !isRemoved);

  it("has the inputs and outputs of the standard", () => {
    expect(definition.inputs).toEqual([
      Math.min(...versions.map(({ leastInputs }) => leastInputs)),
      Math.max(...versions.map(({ inputs }) => maxInputs(inputs))),
    ]);
    expect(definition.outputs).toEqual([
      Math.min(...versions.map(({ leastOutputs }) => leastOutputs)),
      Math.max(...versions.map(({ outputs }) => maxInputs(outputs))),
    ]);
  });

  it("has the attributes of the standard", () => {
    const attributes = versions.flatMap(({ attributes }) =>
      [...attributes].map(([name, { type }]) => [name, type] as const),
    );
    expect(definition.attributes).toEqual(Object.fromEntries(attributes));
    const alwaysStated = [...new Set(attributes.map(([name]) => name))].filter((name) =>
      versions.every(({ attributes }) => attributes.get(name)?.required),
    );
    expect([...(definition.required ?? [])].sort()).toEqual(alwaysStated.sort());
  });

  it("has the versions of the standard", () => {
    expect(definition.since ?? 1).toBe(versions[0]!.since);
    const removedSchema = schemasOf(op).find((schema) => schema.isRemoved);
    expect(definition.until).toBe(removedSchema && removedSchema.since - 1);
    expect(newestOpset).toBeGreaterThanOrEqual(versions.at(-1)!.since);
  });
});
