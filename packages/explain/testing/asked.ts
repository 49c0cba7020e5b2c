// What a case of other tools' numbers chooses, and how an explainer is asked for it.
import { tensor, type Tensor } from "@cajal/core";
import type { Explainer } from "../src";

export interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** What a case chooses; its own method knows what that is. */
export type Params = ReturnType<typeof JSON.parse>;

export interface Case {
  readonly case: string;
  readonly image: string | readonly string[];
  readonly target?: number | readonly number[];
  readonly layer?: string;
  readonly output?: "softmax";
  readonly params?: Params;
  readonly heatmap?: Numbers;
  readonly [array: string]: unknown;
}

export type Arrays = Readonly<Record<string, ArrayLike<number>>>;
export type Answer = (asked: Asked) => Promise<Arrays>;

export interface Asked {
  readonly explainer: Explainer;
  readonly it: Case;
  readonly p: Params;
  readonly x: Tensor;
  readonly baseline: (name: unknown) => number | Tensor;
  /** Of the first `samples` of a noise, and their standard deviation. */
  readonly noise: () => { noise: Tensor; samples: number; stdev: number };
  /** target, output and layer of the case. */
  readonly common: object;
}

export const floats = ({ shape, data }: Numbers): Tensor => tensor("float32", shape, data);

export const ask = ({ explainer, x, common }: Asked, method: string, options: object = {}) =>
  explainer.attribute(x, { ...common, method, ...options } as never);
