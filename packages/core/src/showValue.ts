/** Any value in a few words, for messages about unexpected values. */
export function showValue(value: unknown): string {
  if (typeof value === "function") return value.name ? `the function ${value.name}` : "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) {
    const names = Object.keys(value).slice(0, 4);
    return names.length === 0 ? "an empty object" : `an object with ${names.join(", ")}`;
  }
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value); // prettier-ignore
  return String(value);
}
