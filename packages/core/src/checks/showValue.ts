import { isPromise } from "./isPromise";

/** Any value in a few words, for messages about unexpected values. */
export function showValue(value: unknown): string {
  if (typeof value === "function") return value.name ? `the function ${value.name}` : "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value) && "length" in value)
    return `a ${String(Reflect.get(value, Symbol.toStringTag))} of ${String(value.length)}`;
  if (typeof value === "object" && value !== null) {
    if (isPromise(value)) return "a promise (await it)";
    const { dtype, shape } = value as { dtype?: unknown; shape?: unknown };
    if (typeof dtype === "string" && Array.isArray(shape))
      return `a ${dtype} tensor [${shape.join(",")}]`;
    const names = Object.keys(value).slice(0, 4);
    // What the platform makes, as Blob and Map, has no names of its own.
    const kind = Object.prototype.toString.call(value).slice("[object ".length, -1);
    if (names.length === 0 && kind !== "Object") return `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`; // prettier-ignore
    return names.length === 0 ? "an empty object" : `an object with ${names.join(", ")}`;
  }
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value); // prettier-ignore
  return String(value);
}
