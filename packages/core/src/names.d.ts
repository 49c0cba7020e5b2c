import { CajalError, type ErrorCode } from "./errors";
/**
 * `known`, ordered by edit distance to `name`; ties keep their order. Of long names the first 100
 * letters count; names after the first 1,000 are not compared and come last.
 */
export declare function nearest(name: string, known: Iterable<string>): string[];
/**
 * The error for a name that is not among `known`.
 *
 * @param what what the name should name, e.g. "layer class"
 */
export declare function unknownName(what: string, got: string, known: Iterable<string>, code?: ErrorCode): CajalError;
