// Parts of a model's JSON that must be objects or lists.
import { CajalError } from "@cajal/core";
import { showConfigValue } from "../layers/definition/shown";

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws CajalError `bad-model` */
export function objectOf(value: unknown, where: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new CajalError(
    "bad-model",
    `${where}: got ${showConfigValue(value)}, expected an object.`,
    {
      where,
    },
  );
}

/** @throws CajalError `bad-model` */
export function listOf(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new CajalError("bad-model", `${where}: got ${showConfigValue(value)}, expected a list.`, {
    where,
  });
}

/** How deep JSON of a model may be nested; a nested model takes four levels. */
const maxDepth = 400;

/**
 * Refuses what is nested too deep to walk, or in a circle.
 *
 * @throws CajalError `bad-model`
 */
export function checkDepth(model: object): void {
  // What is still to be looked at, and how deep each lies.
  const open: object[] = [model];
  const depths = [0];
  for (;;) {
    const current = open.pop();
    if (!current) return;
    const depth = depths.pop()!;
    if (depth > maxDepth)
      throw new CajalError(
        "bad-model",
        `the model's JSON is nested more than ${maxDepth} levels deep, expected fewer: a nested model takes four.`,
        { deepest: maxDepth },
      );
    if (ArrayBuffer.isView(current)) continue;
    for (const value of Object.values(current) as unknown[])
      if (typeof value === "object" && value !== null) {
        open.push(value);
        depths.push(depth + 1);
      }
  }
}
