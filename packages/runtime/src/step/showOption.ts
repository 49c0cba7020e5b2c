/** A value of a config, for an error message. */
export function showOption(value: unknown): string {
  if (typeof value === "number") return String(value);
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 200);
  } catch {
    return "an object";
  }
}
