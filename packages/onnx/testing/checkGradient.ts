// The one check of every gradient: against central differences along random directions. In float64
// wherever ONNX Runtime's CPU provider has the kernels; in float32 elsewhere, with the differences
// summed in float64 and extrapolated (Richardson), since the steps must be larger there.
import { random, showShape, sizeOf, tensor, type Random } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { expect } from "vitest";
import { defaultOpset, GraphBuilder, type Value } from "../src/graph/builder";
import { computed } from "../src/model/elementType";
import { gradients } from "../src/differentiate";
import { encodeModel } from "../src/file/encode";
import type { Gradient, GradientSample } from "../src/gradients/gradient";
import { operator } from "../src/operators";

/** Half the distance of the two points of a difference. */
const step = { float64: 1e-5, float32: 2e-3 };
/** Error allowed, against the norms of gradient and direction: rounding over the step, with room. */
const tolerance = { float64: 1e-8, float32: 5e-4 };
const directions = 4;
/** Directions of gradients of gradients, whose rounding is larger. */
const secondDirections = 2;

/** @param options.order 2: the gradients of a weighted sum of the gradients, in place of the outputs. Default 1. */
export async function checkGradient(
  gradient: Gradient,
  sample: GradientSample,
  { order = 1 }: { readonly order?: 1 | 2 } = {},
): Promise<void> {
  const dtype = sample.float32 ? "float32" : "float64";
  const since = sample.opset ?? operator(gradient.op, gradient.domain)?.since ?? 1;
  const g = new GraphBuilder({ opset: Math.max(defaultOpset, since) });
  const rng = random(1, titleOf(sample));
  const point = new Map<string, Float64Array>();
  const inputs = sample.inputs.map((input, i): Value | undefined => {
    if (input === undefined) return undefined;
    if ("dtype" in input)
      return g.initializer(
        `x${i}`,
        input.dtype === "float64" ? tensor(dtype, input.shape, input.data as Float64Array) : input,
      );
    point.set(`x${i}`, randomValues(input, sample, rng));
    return g.input(`x${i}`, dtype, input);
  });
  let outputs = g
    .ops(gradient.op, inputs, sample.attributes, {
      outputs: sample.outputs ?? 1,
      domain: gradient.domain,
    })
    .filter((y) => y.dtype.startsWith("float") || gradient.op === "Cast");
  const inputNames = [...point.keys()].filter(
    (name) => sample.by?.includes(Number(name.slice(1))) ?? true,
  );
  let weights: Float64Array[] = [];
  const sumOf = (values: readonly Value[], shapes: readonly (readonly number[])[]) => {
    weights = shapes.map((shape) =>
      Float64Array.from({ length: sizeOf(shape) }, () => rng.normal()),
    );
    return values
      .map((y, i) => g.mul(y, g.constant(tensor(computed(y.dtype), shapes[i]!, weights[i]))))
      .map((y) => g.reduceSum(y, { keepdims: false }))
      .map((sum) => g.cast(sum, dtype))
      .reduce((a, b) => g.add(a, b));
  };
  let target = sumOf(
    outputs,
    outputs.map((y) => sample.shape ?? (y.shape as number[])),
  );
  if (order === 2) {
    outputs = gradients(
      g,
      target,
      inputNames.map((name) => g.value(name)),
    );
    target = sumOf(
      outputs,
      inputNames.map((name) => g.value(name).shape as number[]),
    );
  }
  gradients(
    g,
    target,
    inputNames.map((name) => g.value(name)),
  ).forEach((dx, i) => g.output(dx, `gradient/${inputNames[i]}`));
  outputs.forEach((y, i) => g.output(y, `y/${i}`));

  const session = await ort.InferenceSession.create(encodeModel(g.build()), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1, // of graphs this small a second one only waits
  });
  try {
    const run = async (movedInputs: ReadonlyMap<string, Float64Array>) => {
      const feeds: Record<string, ort.Tensor> = {};
      for (const [name, values] of movedInputs) {
        const data = dtype === "float64" ? values : Float32Array.from(values);
        feeds[name] = new ort.Tensor(dtype, data, g.value(name).shape as number[]);
      }
      return session.run(feeds);
    };
    const at = await run(point);
    for (const name of inputNames)
      expect(at[`gradient/${name}`]!.dims, `shape of the gradient of ${name}`).toEqual(
        g.value(name).shape,
      );
    const f = async (movedInputs: ReadonlyMap<string, Float64Array>) => {
      const result = await run(movedInputs);
      let sum = 0;
      outputs.forEach((_, i) => {
        const y = result[`y/${i}`]!.data as Float64Array;
        weights[i]!.forEach((weight, k) => (sum += weight * y[k]!));
      });
      return sum;
    };
    for (const name of inputNames)
      for (
        let direction = 0;
        direction < (order === 1 ? directions : secondDirections);
        direction++
      ) {
        const values = point.get(name)!;
        const v = values.map(() => 2 * rng.float() - 1);
        const difference = async (h: number) => {
          // What float32 makes of the two points is where the function is taken.
          const to = (sign: number) => {
            const movedInputs = values.map((x, k) => x + sign * h * v[k]!);
            return dtype === "float64"
              ? movedInputs
              : Float64Array.from(Float32Array.from(movedInputs));
          };
          const [ahead, behind] = [to(1), to(-1)];
          const slope =
            (await f(new Map([...point, [name, ahead]]))) -
            (await f(new Map([...point, [name, behind]])));
          return slope / (2 * h);
        };
        const h = step[dtype];
        const expected = (4 * (await difference(h / 2)) - (await difference(h))) / 3;
        const dx = at[`gradient/${name}`]!.data as Float64Array;
        const got = dx.reduce((sum: number, d, k) => sum + d * v[k]!, 0);
        const norm = Math.hypot(...dx) * Math.hypot(...v);
        expect(
          Math.abs(got - expected),
          `${gradient.op} ${titleOf(sample)}, gradient of ${name}: got ${got}, central difference ${expected}`,
        ).toBeLessThanOrEqual(order * tolerance[dtype] * Math.max(1, norm));
      }
  } finally {
    await session.release();
  }
}

/** Names a sample: `[2,3] int64[2] {"axis":1}`. */
export function titleOf({ inputs, attributes }: GradientSample): string {
  const shapes = inputs.map((input) =>
    input === undefined
      ? "none"
      : "dtype" in input
        ? `${input.dtype}${showShape(input.shape)}`
        : showShape(input),
  );
  return [...shapes, ...(attributes ? [JSON.stringify(attributes)] : [])].join(" ");
}

/** Random values, no two equal and none near a kink, so that differences do not step over one. */
function randomValues(shape: readonly number[], sample: GradientSample, rng: Random): Float64Array {
  const [low, high] = sample.range ?? [-1, 1];
  const size = sizeOf(shape);
  const order = rng.permutation(size);
  const margin = 0.02;
  return Float64Array.from({ length: size }, (_, i) => {
    const value = low + ((high - low) * (order[i]! + 0.25 + 0.5 * rng.float())) / size;
    const kink = sample.kinks?.find((at) => Math.abs(value - at) < margin);
    return kink === undefined ? value : kink + (value < kink ? -margin : margin);
  });
}
