// Low-rank updates (LoRA) as Keras' `.h5` has them: factors a and b beside a frozen kernel, whose place is
// kernel + alpha / rank · a b. `.keras` and `.weights.h5` hold the sum (keras/src/layers/core/dense.py).
import { CajalError, float16Value, showShape, sizeOf, tensor, type Tensor } from "@cajal/core";
import type { StoredWeight } from "./storedWeights";

const factorName = /^(.*\/)lora_(kernel|embeddings)_([ab])(:\d+)?$/;

/** Whether factors of updates are among the weights. */
export const hasLora = (weights: readonly StoredWeight[]): boolean =>
  weights.some(({ name }) => factorName.test(name));

/**
 * Weights of a layer, or of a model, with the updates added, in the order that they have without updates.
 *
 * @param config of the model, which has the layers' `lora_rank` and `lora_alpha`
 * @throws CajalError `bad-file` where factors do not fit, `unsupported` where the kernel is quantized
 */
export function withoutLora(
  weights: readonly StoredWeight[],
  config: unknown,
  file: string,
): readonly StoredWeight[] {
  const factors = new Map<string, Partial<Record<"a" | "b", StoredWeight>>>();
  for (const weight of weights) {
    const [, path, kernel, factor] = factorName.exec(weight.name) ?? [];
    if (path === undefined) continue;
    const key = `${path}${kernel}`;
    factors.set(key, { ...factors.get(key), [factor as "a" | "b"]: weight });
  }
  if (factors.size === 0) return weights;
  const layers = [...factors].map(([key, { a, b }]) => {
    const kernel = weights.find(({ name }) => name.replace(/:\d+$/, "") === key);
    const parts = [kernel, a, b];
    const path = key.slice(0, key.lastIndexOf("/") + 1);
    const misfit = (got: string, expected: string) =>
      new CajalError(
        "bad-file",
        `${file}: the low-rank update of "${key}" has ${got}, expected ${expected}. Save the model as .keras, which holds kernels with their updates added.`,
        { file, weight: key },
      );
    if (!kernel || !a || !b)
      throw misfit(`only ${parts.flatMap((each) => each?.name ?? []).join(", ")}`, "a kernel and two factors"); // prettier-ignore
    if (weights.some(({ name }) => name.startsWith(`${key}_scale`)))
      throw new CajalError(
        "unsupported",
        `${file}: "${key}" is quantized and has a low-rank update, which Cajal does not add to whole numbers. Save the model as .keras, which holds them together, quantized anew.`,
        { file, weight: key },
      );
    const rank = b.shape[0] ?? 0;
    const shapes = [...kernel.shape.slice(0, -1), rank, rank, ...kernel.shape.slice(-1)];
    if (b.shape.length !== 2 || showShape([...a.shape, ...b.shape]) !== showShape(shapes))
      throw misfit(`factors ${showShape(a.shape)} and ${showShape(b.shape)}`, `[…, rank] and [rank, units] for ${showShape(kernel.shape)}`); // prettier-ignore
    const settings = settingsOf(config, path.split("/").at(-2)!);
    if (settings?.rank !== rank)
      throw misfit(`rank ${rank}`, `the lora_rank in the model's config, where it is ${settings?.rank ?? "not said, or not alike in layers of that name"}`); // prettier-ignore
    const sum: StoredWeight = {
      name: kernel.name,
      shape: kernel.shape,
      read: async () => updated(await kernel.read(), await a.read(), await b.read(), settings.alpha / rank), // prettier-ignore
    };
    return { path, parts, sum };
  });
  const placed = new Set<StoredWeight>();
  return weights.flatMap((weight) => {
    const layer = layers.find(({ path }) => weight.name.startsWith(path));
    if (!layer) return [weight];
    const others = layer.parts.includes(weight) ? [] : [weight];
    // A kernel is its layer's first, where it is not frozen.
    if (placed.has(layer.sum)) return others;
    placed.add(layer.sum);
    return [layer.sum, ...others];
  });
}

function updated(kernel: Tensor, a: Tensor, b: Tensor, scale: number): Tensor {
  const [w, left, right] = [kernel, a, b].map(numbersOf) as [Numbers, Numbers, Numbers];
  const [rank, units] = b.shape as readonly [number, number];
  const data = new Float32Array(sizeOf(kernel.shape));
  for (let at = 0; at < data.length; at++) {
    const [row, unit] = [Math.floor(at / units), at % units];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += left[row * rank + r]! * right[r * units + unit]!;
    data[at] = w[at]! + scale * sum;
  }
  return tensor("float32", kernel.shape, data);
}

type Numbers = ArrayLike<number>;

const numbersOf = ({ dtype, data }: Tensor): Numbers =>
  dtype === "float16" ? Float64Array.from(data as Uint16Array, float16Value) : (data as Numbers);

interface Settings {
  readonly rank: number;
  readonly alpha: number;
}

/** Those of all layers of that name in a model and those within it; undefined where there are none, or different ones. */
function settingsOf(config: unknown, name: string): Settings | undefined {
  const found = new Map<string, Settings>();
  const open: unknown[] = [config];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null) continue;
    open.push(...Object.values(value).filter((each) => typeof each === "object"));
    const { name: own, lora_rank: rank, lora_alpha: alpha } = value as Record<string, unknown>;
    if (own !== name || typeof rank !== "number") continue;
    found.set(`${rank} ${String(alpha)}`, {
      rank,
      alpha: typeof alpha === "number" ? alpha : rank,
    });
  }
  return found.size === 1 ? [...found.values()][0] : undefined;
}
