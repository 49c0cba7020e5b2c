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
export type Messages<M extends MessageName> = Iterable<Message<M>> & {
    readonly length: number;
};
type TypeOf<T> = T extends keyof Scalars ? Scalars[T] : T extends MessageName ? Message<T> : never;
type ListOf<T> = T extends "float" | "double" ? ArrayLike<number> : T extends "exact64" ? ArrayLike<bigint> : T extends MessageName ? Messages<T> : readonly TypeOf<T>[];
/** A message in memory; fields that the table has not are its `rest`, as they lie in the file. */
export type Message<M extends MessageName> = {
    readonly [F in keyof Schema[M]]?: Schema[M][F] extends readonly [number, infer T, "repeated"] ? ListOf<T> : Schema[M][F] extends readonly [number, infer T] ? TypeOf<T> : never;
} & {
    readonly rest?: Uint8Array;
};
/**
 * Reads a message. Bytes in it are views of `data`.
 *
 * @throws CajalError `bad-file`, saying at which byte and field
 */
export declare function readMessage<M extends MessageName>(name: M, data: Uint8Array): Message<M>;
/** Bytes in pieces; the pieces are written one after the other. */
export interface Parts {
    readonly parts: readonly Uint8Array[];
    readonly length: number;
}
/** Writes a message: fields in the order of their numbers, absent ones left out. */
export declare function writeMessage<M extends MessageName>(name: M, message: Message<M>): Parts;
export {};
