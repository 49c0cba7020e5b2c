// What the builder's methods take, and the values that it becomes. Where opset 18 takes axes, shapes or limits as
// an input, they take numbers too.
import { dataTypeOf, type ElementType } from "../../model/elementType";
import type { NodeWriter, Value } from "../method";
import type { AttributeTypes } from "../operator";

/** Numbers stand for scalar constants of the other operand's type. */
export type Operand = Value | number;

/** Axes, shapes, pads: a value, or numbers that become an int64 constant. */
export type Numbers = Value | readonly number[];

/** ONNX writes 0 and 1. */
export type Flag = boolean | number;

/** An input that may be left out. */
export type Optional = Value | undefined;

export type Axis = { readonly axis?: number };

type ValueOf = {
  readonly int: Flag;
  readonly float: number;
  readonly string: string;
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly strings: readonly string[];
};

/** Attributes as a method takes them, each of the type that the definition says. */
export type AttributesOf<T extends AttributeTypes> = {
  readonly [Name in keyof T]?: T[Name] extends keyof ValueOf ? ValueOf[T[Name]] : never;
};

/** The attributes of a method, which has none where its operator has none. */
export type AttributeArguments<T extends AttributeTypes> = [keyof T] extends [never]
  ? []
  : [attributes?: AttributesOf<T>];

/** Numbers as constants of the type of the first operand that is a value. */
export function operands(
  g: NodeWriter,
  all: readonly Operand[],
  absent: ElementType = "float32",
): Value[] {
  const first = all.find((operand) => typeof operand !== "number");
  const dtype = first?.dtype ?? absent;
  return all.map((operand) => (typeof operand === "number" ? g.scalar(dtype, operand) : operand));
}

/** A number as a constant of x's type. */
export const like = (g: NodeWriter, x: Value, operand: Operand | undefined): Optional =>
  scalarOr(g, x.dtype, operand);

/** A number as a scalar constant. */
export function scalarOr(g: NodeWriter, dtype: ElementType, operand: Operand): Value;
export function scalarOr(g: NodeWriter, dtype: ElementType, operand: Operand | undefined): Optional;
export function scalarOr(g: NodeWriter, dtype: ElementType, operand: Operand | undefined) {
  return typeof operand === "number" ? g.scalar(dtype, operand) : operand;
}

/** Numbers as an int64 constant. */
export const numbers = (g: NodeWriter, list: Numbers): Value =>
  isList(list) ? g.int64s(list) : list;

export const optionalNumbers = (g: NodeWriter, list: Numbers | undefined): Optional =>
  list && numbers(g, list);

/** Numbers as a float32 constant. */
export const floats = (g: NodeWriter, list: Numbers | undefined): Optional =>
  isList(list)
    ? g.constant({ dtype: "float32", shape: [list.length], data: Float32Array.from(list) })
    : list;

/** An attribute that says a type, by ONNX's number for it. */
export const typeNumber = (dtype: ElementType | undefined): number | undefined =>
  dtype && dataTypeOf(dtype);

const isList = (list: Numbers | undefined): list is readonly number[] => Array.isArray(list);

export const firstTwo = (values: readonly Value[]) => [values[0]!, values[1]!] as const;
export const firstThree = (values: readonly Value[]) =>
  [values[0]!, values[1]!, values[2]!] as const;
