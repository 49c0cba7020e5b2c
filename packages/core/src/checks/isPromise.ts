/** Whether a value has yet to be awaited; it may come from another realm, or be another library's promise. */
export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function"; // prettier-ignore
