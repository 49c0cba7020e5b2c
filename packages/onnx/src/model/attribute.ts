// Attributes as one writes them, and as ONNX has them.
import { CajalError, unknownName, type Tensor } from "@cajal/core";
import type { Attribute, AttributeType, Graph, Node } from "./model";

/** Attributes as one writes them; the operator's definition says which ONNX type each has. */
export type Attributes = Readonly<
  Record<
    string,
    number | string | boolean | readonly number[] | readonly string[] | Tensor | Graph | undefined
  >
>;

/**
 * Attributes of a node of `op`, each of the ONNX type that the definition says.
 *
 * @throws CajalError `unknown-name` for one that the operator has not; `bad-argument` for a value of another type
 */
export function typedAttributes(
  op: string,
  types: Readonly<Record<string, AttributeType>>,
  attributes: Attributes,
  node: string,
): Record<string, Attribute> {
  const typed: Record<string, Attribute> = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    const type = Object.hasOwn(types, key) ? types[key] : undefined;
    if (!type) throw unknownName(`attribute of ${op}`, key, Object.keys(types));
    typed[key] = attributeOf(type, value, `node "${node}", attribute "${key}"`);
  }
  return typed;
}

/** The attribute of that ONNX type. Throws CajalError `bad-argument` for a value of another type. */
export function attributeOf(
  type: AttributeType,
  value: NonNullable<Attributes[string]>,
  where: string,
): Attribute {
  const wrongType = () =>
    new CajalError("bad-argument", `${where}: got ${JSON.stringify(value)}, expected ${type}.`, {
      type,
    });
  switch (type) {
    case "int":
      if (typeof value === "boolean") return { type, value: value ? 1 : 0 };
      if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType();
      return { type, value };
    case "float":
      if (typeof value !== "number") throw wrongType();
      // As it will be stored, so that what is derived from it fits what is run.
      return { type, value: Math.fround(value) };
    case "string":
      if (typeof value !== "string") throw wrongType();
      return { type, value };
    case "ints":
      if (!isList(value, "number") || !value.every(Number.isInteger)) throw wrongType();
      return { type, value };
    case "floats":
      if (!isList(value, "number")) throw wrongType();
      return { type, value: value.map(Math.fround) };
    case "strings":
      if (!isList(value, "string")) throw wrongType();
      return { type, value };
    case "tensor":
      if (typeof value !== "object" || !("dtype" in value)) throw wrongType();
      return { type, value };
    case "graph":
      if (typeof value !== "object" || !("nodes" in value)) throw wrongType();
      return { type, value };
    default:
      // Types that no rule reads: they come from files alone.
      throw wrongType();
  }
}

function isList<T extends "number" | "string">(
  value: unknown,
  of: T,
): value is readonly (T extends "number" ? number : string)[] {
  return Array.isArray(value) && value.every((element) => typeof element === of);
}

/** Reads a node's attributes by type; one that is absent, or of another type, is `absent`. */
export interface AttributeReader {
  attribute(name: string): Attribute | undefined;
  int(name: string, absent: number): number;
  float(name: string, absent: number): number;
  string(name: string, absent: string): string;
  ints(name: string): readonly number[] | undefined;
  floats(name: string): readonly number[] | undefined;
  strings(name: string): readonly string[] | undefined;
}

type AttributeValues = { [A in Attribute as A["type"]]: A["value"] };

export function attributesOf({ attributes }: Pick<Node, "attributes">): AttributeReader {
  const as = <T extends AttributeType>(name: string, type: T) => {
    const entry = attributes[name];
    return entry?.type === type ? (entry.value as AttributeValues[T]) : undefined;
  };
  return {
    attribute: (name) => attributes[name],
    int: (name, absent) => as(name, "int") ?? absent,
    float: (name, absent) => as(name, "float") ?? absent,
    string: (name, absent) => as(name, "string") ?? absent,
    ints: (name) => as(name, "ints"),
    floats: (name) => as(name, "floats"),
    strings: (name) => as(name, "strings"),
  };
}
