// A node against what is known of its operator: arity, attributes, types. Operators of the standard
// are checked against the standard itself, in the version of the operator set in force; others against
// their definition here.
import { CajalError, unknownName } from "@cajal/core";
import type { ElementType } from "../model/elementType";
import type { Node } from "../model/model";
import { typeGroups, type Inferred, type Operator, type TypeGroup } from "../operators/operator";
import type { Formal, Schema } from "../operators/standard";

const badModel = (message: string) => new CajalError("bad-model", message, {});

/** `float32`, or `sequence(float32)` where the value is no tensor. */
export function typeOf({ dtype, containers = [] }: Pick<Inferred, "dtype" | "containers">): string {
  return containers.reduceRight<string>((inner, outer) => `${outer}(${inner})`, dtype);
}

/**
 * Checks a node of the standard, and binds the type variables of its version.
 *
 * @returns variable → type
 * @throws CajalError `bad-model`, `unknown-name` (attribute)
 */
export function checkStandard(
  node: Node,
  schema: Schema,
  inputs: readonly (Inferred | undefined)[],
  opset: number,
): ReadonlyMap<string, string> {
  const { op } = node;
  if (schema.isRemoved)
    throw badModel(`${op} exists up to opset ${schema.since - 1}; the graph is of opset ${opset}.`);
  checkCount("inputs", node.inputs, schema.leastInputs, schema.inputs);
  checkCount("outputs", node.outputs, schema.leastOutputs, schema.outputs);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    const declared = schema.attributes.get(name);
    if (!declared) throw unknownName(`attribute of ${op}`, name, schema.attributes.keys());
    const type = attribute.type === "reference" ? attribute.of : attribute.type;
    if (type !== declared.type)
      throw badModel(`attribute "${name}" is of type ${type}, expected ${declared.type}.`);
  }
  for (const [name, { required }] of schema.attributes)
    if (required && !Object.hasOwn(node.attributes, name))
      throw badModel(`attribute "${name}" is missing.`);
  const bound = new Map<string, { type: string; i: number }>();
  node.inputs.forEach((_, i) => {
    const formal = schema.inputs[Math.min(i, schema.inputs.length - 1)]!;
    const input = inputs[i];
    if (!input) return;
    const type = typeOf(input);
    if (!formal.types.has(type))
      throw badModel(`input ${i} is ${type}, expected ${[...formal.types].join(", ")}.`);
    if (formal.isMixed) return;
    const boundType = bound.get(formal.variable);
    if (boundType && boundType.type !== type)
      throw badModel(
        `input ${boundType.i} is ${boundType.type} and input ${i} is ${type}, expected equal types.`,
      );
    bound.set(formal.variable, { type, i });
  });
  return new Map([...bound].map(([variable, { type }]) => [variable, type]));
}

function checkCount(
  what: "inputs" | "outputs",
  names: readonly string[],
  min: number,
  formals: readonly Formal[],
): void {
  const max = formals.at(-1)?.variadic ? Infinity : formals.length;
  checkArity(what, names.length, [min, max]);
  formals.forEach((formal, i) => {
    if (formal.optional) return;
    // One that stands for any number of values has all of them.
    const ownNames = formal.variadic ? names.slice(i) : names.slice(i, i + 1);
    const at = ownNames.indexOf("");
    if (at >= 0 && what === "inputs") throw badModel(`input ${i + at} is missing.`);
  });
}

function checkArity(what: string, got: number, [min, max]: readonly [number, number]): void {
  if (got >= min && got <= max) return;
  const expected =
    min === max ? `${min}` : max === Infinity ? `at least ${min}` : `${min} to ${max}`;
  throw badModel(`got ${got} ${what}, expected ${expected}.`);
}

/** Values of attributes that are words. */
export function checkChoices({ choices = {} }: Operator, node: Node): void {
  for (const [name, words] of Object.entries(choices)) {
    const attribute = Object.hasOwn(node.attributes, name) ? node.attributes[name] : undefined;
    if (attribute?.type === "string" && !words.includes(attribute.value))
      throw badModel(
        `attribute "${name}" is ${JSON.stringify(attribute.value)}, expected ${words.join(", ")}.`,
      );
  }
}

/** Values of attributes that are numbers. */
export function checkBounds({ bounds = {} }: Operator, node: Node): void {
  for (const [name, { least, above, among, odd }] of Object.entries(bounds)) {
    const attribute = Object.hasOwn(node.attributes, name) ? node.attributes[name] : undefined;
    const values: readonly unknown[] = attribute ? [attribute.value].flat() : [];
    for (const value of values) {
      if (typeof value !== "number") continue;
      const expected = [
        ...(least !== undefined && !(value >= least) ? [`at least ${least}`] : []),
        ...(above !== undefined && !(value > above) ? [`above ${above}`] : []),
        ...(among && !among.includes(value) ? [among.join(", ")] : []),
        ...(odd && value % 2 === 0 ? ["an odd number"] : []),
      ];
      if (expected.length > 0)
        throw badModel(`attribute "${name}" is ${value}, expected ${expected.join(" and ")}.`);
    }
  }
}

/** Checks a node of another domain against its definition. Throws as {@link checkStandard} does. */
export function checkDefined(
  definition: Operator,
  node: Node,
  inputs: readonly (Inferred | undefined)[],
): void {
  const { op } = definition;
  checkArity("inputs", node.inputs.length, definition.inputs);
  checkArity("outputs", node.outputs.length, definition.outputs);
  for (let i = 0; i < definition.inputs[0]; i++)
    if (!node.inputs[i]) throw badModel(`input ${i} is missing.`);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    const type = Object.hasOwn(definition.attributes, name)
      ? definition.attributes[name]
      : undefined;
    if (!type) throw unknownName(`attribute of ${op}`, name, Object.keys(definition.attributes));
    if (attribute.type !== type)
      throw badModel(`attribute "${name}" is of type ${attribute.type}, expected ${type}.`);
  }
  for (const name of definition.required ?? [])
    if (!Object.hasOwn(node.attributes, name)) throw badModel(`attribute "${name}" is missing.`);
  const bound = new Map<string, { dtype: ElementType; i: number }>();
  inputs.forEach((input, i) => {
    const rule = definition.types[Math.min(i, definition.types.length - 1)];
    if (!input || !rule) return;
    const group = rule.split(":")[0] as TypeGroup;
    const allowed: readonly ElementType[] = typeGroups[group];
    if (input.containers?.length || !allowed.includes(input.dtype))
      throw badModel(`input ${i} is ${typeOf(input)}, expected ${allowed.join(", ")}.`);
    if (rule === "any:*") return; // each of its own type
    const boundType = bound.get(rule);
    if (boundType && boundType.dtype !== input.dtype)
      throw badModel(
        `input ${boundType.i} is ${boundType.dtype} and input ${i} is ${input.dtype}, expected equal types.`,
      );
    bound.set(rule, { dtype: input.dtype, i });
  });
}
