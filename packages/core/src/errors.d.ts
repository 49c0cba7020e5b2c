/**
 * What went wrong, as a word that does not change between versions.
 *
 * - `bad-argument`: a value out of its range or of the wrong kind; `unknown-option`, `unknown-name`
 * - `bad-shape`: shapes that do not fit; `bad-model`: a graph or config that is not well formed
 * - `bad-file`: truncated, corrupted or foreign content; `checksum-mismatch`
 * - `unsupported`: valid, but outside what Cajal does
 * - `missing-peer`: an optional package that is not installed; `no-device`: no such device here
 * - `network`, `offline`, `timeout`, `io`, `locked`
 * - `diverged`: a training run that left the finite numbers; `engine`: the engine itself failed
 */
export type ErrorCode = "bad-argument" | "unknown-option" | "unknown-name" | "bad-shape" | "bad-model" | "bad-file" | "checksum-mismatch" | "unsupported" | "missing-peer" | "no-device" | "network" | "offline" | "timeout" | "io" | "locked" | "diverged" | "disposed" | "engine";
export type Facts = Readonly<Record<string, unknown>>;
/** An error with a stable `code` and its `facts`. Test the code with {@link isCajalError}. */
export declare class CajalError extends Error {
    readonly code: ErrorCode;
    readonly facts: Facts;
    constructor(code: ErrorCode, message: string, facts?: Facts, options?: {
        cause?: unknown;
    });
}
/**
 * Whether `error` is a {@link CajalError}, and of that `code` if one is given. By fields, not by
 * class: two copies of this package may be loaded side by side.
 */
export declare function isCajalError(error: unknown, code?: ErrorCode): error is CajalError;
