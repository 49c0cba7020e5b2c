// JSON that must be an object, or a list of names.
import { CajalError } from "@cajal/core";
import { parseJson } from "@cajal/models";

/** @throws CajalError `bad-file` for what is not JSON, or no object */
export function parseObject(text: string, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new CajalError("bad-file", `${where}: it is not JSON.`, { file: where }, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CajalError("bad-file", `${where}: it is JSON, and not of an object.`, {
      file: where,
    });
  return value as Record<string, unknown>;
}

/** @throws CajalError `bad-file` for what is not a list of texts */
export function checkLabels(labels: unknown, where: string): readonly string[] {
  if (Array.isArray(labels) && labels.every((label) => typeof label === "string"))
    return labels as string[];
  throw new CajalError("bad-file", `${where}: its labels are not a list of names.`, {
    file: where,
  });
}

/** Labels as JSON. */
export function parseLabels(text: string, where: string): readonly string[] {
  let labels: unknown;
  try {
    labels = JSON.parse(text);
  } catch (cause) {
    throw new CajalError("bad-file", `${where}: it is not JSON.`, { file: where }, { cause });
  }
  return checkLabels(labels, where);
}
