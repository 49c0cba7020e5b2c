// Every error of Cajal: a message that says where, what was got, what was expected and what to do,
// and, for programs, a stable code and the facts as fields.

/**
 * The kind of an error, stable between versions.
 *
 * - `bad-argument`: a value out of its range or of the wrong kind; `unknown-option`, `unknown-name`
 * - `bad-shape`: shapes that do not fit; `bad-model`: a graph or config that is not well formed
 * - `bad-file`: truncated, corrupted or foreign content; `checksum-mismatch`
 * - `unsupported`: valid, but outside what Cajal does
 * - `missing-peer`: an optional package that is not installed; `no-device`: no such device here
 * - `network`, `offline`, `timeout`, `io`, `locked`
 * - `diverged`: a training run that left the finite numbers; `engine`: the engine itself failed
 */
export type ErrorCode =
  | "bad-argument"
  | "unknown-option"
  | "unknown-name"
  | "bad-shape"
  | "bad-model"
  | "bad-file"
  | "checksum-mismatch"
  | "unsupported"
  | "missing-peer"
  | "no-device"
  | "network"
  | "offline"
  | "timeout"
  | "io"
  | "locked"
  | "diverged"
  | "disposed"
  | "engine";

export type Facts = Readonly<Record<string, unknown>>;

/** An error with a stable `code` and its `facts`. Test the code with {@link isCajalError}. */
export class CajalError extends Error {
  readonly code: ErrorCode;
  readonly facts: Facts;

  constructor(code: ErrorCode, message: string, facts: Facts = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "CajalError";
    this.code = code;
    this.facts = facts;
  }
}

/**
 * Whether `error` is a {@link CajalError}, and of that `code` if one is given. By fields, not by
 * class: two copies of this package may be loaded side by side.
 */
export function isCajalError(error: unknown, code?: ErrorCode): error is CajalError {
  return (
    error instanceof Error &&
    error.name === "CajalError" &&
    "code" in error &&
    (code === undefined || error.code === code)
  );
}
