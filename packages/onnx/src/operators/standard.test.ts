// What the definitions say of arity, attributes and versions is what the standard says (standard.data.ts, from
// the onnx package): over all of an operator's versions, as definitions are for all of them.
import { describe, expect, it } from "vitest";
import { operators } from "./index";
import { newestOpset, schemasOf, type Formal, type Schema } from "./standard";

const own = operators.filter(({ domain = "" }) => domain === "");

const most = (formals: readonly Formal[]) => (formals.at(-1)?.variadic ? Infinity : formals.length);

describe.each(own.map((each) => [each.op, each] as const))("%s", (op, definition) => {
  const versions: readonly Schema[] = schemasOf(op).filter(({ removed }) => !removed);

  it("has the inputs and outputs of the standard", () => {
    expect(definition.inputs).toEqual([
      Math.min(...versions.map(({ leastInputs }) => leastInputs)),
      Math.max(...versions.map(({ inputs }) => most(inputs))),
    ]);
    expect(definition.outputs).toEqual([
      Math.min(...versions.map(({ leastOutputs }) => leastOutputs)),
      Math.max(...versions.map(({ outputs }) => most(outputs))),
    ]);
  });

  it("has the attributes of the standard", () => {
    const stated = versions.flatMap(({ attributes }) =>
      [...attributes].map(([name, { type }]) => [name, type] as const),
    );
    expect(definition.attributes).toEqual(Object.fromEntries(stated));
    const always = [...new Set(stated.map(([name]) => name))].filter((name) =>
      versions.every(({ attributes }) => attributes.get(name)?.required),
    );
    expect([...(definition.required ?? [])].sort()).toEqual(always.sort());
  });

  it("has the versions of the standard", () => {
    expect(definition.since ?? 1).toBe(versions[0]!.since);
    const removed = schemasOf(op).find((schema) => schema.removed);
    expect(definition.until).toBe(removed && removed.since - 1);
    expect(newestOpset).toBeGreaterThanOrEqual(versions.at(-1)!.since);
  });
});
