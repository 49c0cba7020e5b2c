/** A value of a config, as an error message shows it. */
export function shownOption(value: unknown): string {
  if (typeof value === "number") return String(value);
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 200);
  } catch {
    return "an object";
  }
}
