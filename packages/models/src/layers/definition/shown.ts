// A value from a file, as an error message shows it.

const longest = 200;

/** JSON of at most 200 characters; what JSON cannot say as JavaScript says it. */
export function showConfigValue(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // A cycle, or a BigInt.
  }
  text ??= typeof value === "object" ? "an object" : String(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
