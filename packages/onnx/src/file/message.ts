// Messages of Protocol Buffers (https://protobuf.dev/programming-guides/encoding) in memory, typed by the table in
// proto.ts. readMessage.ts and writeMessage.ts are the wire format.
import { onnxProto } from "./proto";

type Schema = typeof onnxProto;
export type MessageName = keyof Schema;

interface Scalars {
  int32: number;
  int64: number;
  exact64: bigint;
  wide64: number | bigint;
  float: number;
  double: number;
  string: string;
  bytes: Uint8Array;
}

/** A repeated field of messages: each is read when it is asked for, so that few lie in memory at once. */
export type Messages<M extends MessageName> = Iterable<Message<M>> & { readonly length: number };

type TypeOf<T> = T extends keyof Scalars ? Scalars[T] : T extends MessageName ? Message<T> : never;
type ListOf<T> = T extends "float" | "double"
  ? ArrayLike<number>
  : T extends "exact64"
    ? ArrayLike<bigint>
    : T extends MessageName
      ? Messages<T>
      : readonly TypeOf<T>[];

/** A message in memory; fields that the table has not are its `rest`, as they lie in the file. */
export type Message<M extends MessageName> = {
  readonly [F in keyof Schema[M]]?: Schema[M][F] extends readonly [number, infer T, "repeated"]
    ? ListOf<T>
    : Schema[M][F] extends readonly [number, infer T]
      ? TypeOf<T>
      : never;
} & { readonly rest?: Uint8Array };

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

export type Field = {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly isRepeated: boolean;
};

/** The table, by the names of messages. */
export const fields = new Map<string, { list: readonly Field[]; byNumber: Map<number, Field> }>(
  Object.entries(onnxProto).map(([message, table]) => {
    const list = Object.entries(table).map(
      ([name, [number, type, label]]: [string, readonly [number, string, string?]]): Field => ({
        name,
        number,
        type,
        isRepeated: label === "repeated",
      }),
    );
    return [message, { list, byNumber: new Map(list.map((field) => [field.number, field])) }];
  }),
);

/** How a type of field lies in a file. */
export function wireOf(type: string): number {
  if (type === "int32" || type.endsWith("64")) return wireTypes.varint;
  if (type === "float") return wireTypes.fixed32;
  if (type === "double") return wireTypes.fixed64;
  return wireTypes.bytes;
}

/** A message whose type is known by name alone. */
export type Fields = Record<string, unknown>;
