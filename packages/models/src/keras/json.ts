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
  const open: { readonly value: object; readonly depth: number }[] = [{ value: model, depth: 0 }];
  for (;;) {
    const current = open.pop();
    if (!current) return;
    if (current.depth > maxDepth)
      throw new CajalError(
        "bad-model",
        `the model's JSON is nested more than ${maxDepth} levels deep, expected fewer: a nested model takes four.`,
        { deepest: maxDepth },
      );
    if (ArrayBuffer.isView(current.value)) continue;
    for (const value of Object.values(current.value) as unknown[])
      if (typeof value === "object" && value !== null)
        open.push({ value, depth: current.depth + 1 });
  }
}
