// Cases of other tools' numbers (reference/explain in the shared folder, and a few of them committed): how each is
// asked of an explainer, and what of the answer is compared. Arrays lie channels first there.
import { tensor } from "@cajal/core";
import type { Explainer } from "../src";
import { floats, type Answer, type Arrays, type Case, type Numbers } from "./asked";
import { methodAnswers } from "./methodAnswers";
import { metricAnswers } from "./metricAnswers";

export type { Case, Numbers } from "./asked";

/** What of a network's file the cases name. */
export interface Inputs {
  readonly images: Readonly<Record<string, Numbers>>;
  readonly baselines: Readonly<Record<string, Numbers>>;
  readonly noise: Readonly<Record<string, Numbers>>;
}

export async function answerCase(
  explainer: Explainer,
  method: string,
  it: Case,
  { images, baselines, noise }: Inputs,
): Promise<Arrays> {
  const names = [it.image].flat();
  const parts = names.map((name) => images[name]!);
  const x = tensor(
    "float32",
    [parts.length, ...parts[0]!.shape.slice(1)],
    parts.flatMap(({ data }) => [...data]),
  );
  const p = it.params ?? {};
  const { target, layer, output } = it;
  const answer = answers[method];
  if (!answer) throw new Error(`No way is known to ask for the cases of "${method}".`);
  return answer({
    explainer,
    it,
    p,
    x,
    baseline: (name) =>
      typeof name === "number" ? name : name === "zero" ? 0 : floats(baselines[name as string]!),
    noise: () => {
      const all = noise[p["noise"]]!;
      const size = all.data.length / all.shape[0]!;
      const samples = p["samples"] as number;
      const shape = [samples, ...x.shape.slice(1)];
      const data = all.data.slice(0, samples * size);
      return { noise: tensor("float32", shape, data), samples, stdev: p["stdev"] as number };
    },
    common: {
      ...(target !== undefined && { target }),
      ...(layer !== undefined && { layer }),
      ...(output && { output }),
    },
  });
}

/** By the file's name. */
export const answers: Readonly<Record<string, Answer>> = { ...methodAnswers, ...metricAnswers };

/** Of an array against its reference: the largest difference over the largest absolute value, over at least `least`. */
export function difference(got: ArrayLike<number>, expected: readonly number[], least = 0): number {
  if (got.length !== expected.length) return Infinity;
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), least);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const away = Math.abs(Number(got[i]) - expected[i]!);
    if (!(away <= worst)) worst = Number.isNaN(away) ? Infinity : away;
  }
  return worst === 0 ? 0 : worst / scale;
}

/** Over at least 1, as tolerances.json says. */
export const leastOf = (array: string) => (["delta", "combined"].includes(array) ? 1 : 0);

/** The arrays of a case, by name, but for what is given to it. */
export const expectedArrays = (it: Case): [string, readonly number[]][] =>
  Object.entries(it).flatMap(([name, value]): [string, readonly number[]][] =>
    name !== "heatmap" && typeof value === "object" && value !== null && "data" in value
      ? [[name, (value as Numbers).data]]
      : [],
  );
