// JSON that must be an object.
import { CajalError } from "@cajal/core";

/** @throws CajalError `bad-file` for what is not JSON, or no object */
export function parseObject(text: string, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new CajalError("bad-file", `${where}: it is not JSON.`, { file: where }, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CajalError("bad-file", `${where}: it is JSON, and not of an object.`, {
      file: where,
    });
  return value as Record<string, unknown>;
}
