/**
 * Each kind of argument: how it is called in messages, and whether a value is of it. By what values can
 * do, not by their class: they may come from another realm (a worker, an iframe, a test runner).
 */
declare const kinds: {
    string: [string, (value: unknown) => value is string];
    /** Of a file; the system takes none with a NUL in it. */
    path: [string, (value: unknown) => boolean];
    boolean: [string, (value: unknown) => value is boolean];
    function: [string, (value: unknown) => value is Function];
    object: [string, (value: unknown) => boolean];
    array: [string, (arg: any) => arg is any[]];
    strings: [string, (value: unknown) => value is string[]];
    bytes: [string, (value: unknown) => boolean];
    blob: [string, (value: unknown) => boolean];
    map: [string, (value: unknown) => boolean];
    iterable: [string, (value: unknown) => boolean];
    asyncIterable: [string, (value: unknown) => boolean];
    signal: [string, (value: unknown) => boolean];
};
/** What {@link checkArgument} can ask for. */
export type ArgumentKind = keyof typeof kinds;
/**
 * Refuses an argument or option of another kind than was meant.
 *
 * @param where the function or command that it was given to, for the message
 * @param name of the argument or option
 * @throws CajalError `bad-argument`
 * @example checkArgument("readTar", "chunks", chunks, "asyncIterable");
 */
export declare function checkArgument(where: string, name: string, value: unknown, kind: ArgumentKind): void;
export {};
