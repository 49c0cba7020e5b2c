import { random } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { fans, initialValues } from "./initializers";

const values = (initializer: unknown, shape: readonly number[], seed = 1) =>
  initialValues(initializer, shape, random(seed, "layer/kernel"), 'layer "layer", weight "kernel"');

function moments(sample: Float32Array) {
  let mean = 0;
  for (const value of sample) mean += value / sample.length;
  let variance = 0;
  for (const value of sample) variance += (value - mean) ** 2 / sample.length;
  return { mean, variance };
}

describe("fans", () => {
  // Keras 3: keras.src.initializers.random_initializers.compute_fans(shape)
  it.each([
    { shape: [], fanIn: 1, fanOut: 1 },
    { shape: [7], fanIn: 7, fanOut: 7 },
    { shape: [5, 8], fanIn: 5, fanOut: 8 },
    { shape: [4, 2, 3], fanIn: 8, fanOut: 12 }, // Conv1D
    { shape: [3, 5, 2, 4], fanIn: 30, fanOut: 60 }, // Conv2D
    { shape: [3, 3, 32, 1], fanIn: 288, fanOut: 9 }, // DepthwiseConv2D: channels count as inputs
  ])("of $shape are $fanIn and $fanOut", ({ shape, fanIn, fanOut }) => {
    expect(fans(shape)).toEqual({ fanIn, fanOut });
  });
});

describe("initialValues", () => {
  // [3, 3, 64, 128]: fan in 576, fan out 1152, 73,728 values.
  const shape = [3, 3, 64, 128];
  const uniforms = [
    // limit = sqrt(3 · scale / fan)
    { name: "glorot_uniform", limit: Math.sqrt(6 / (576 + 1152)) },
    { name: "he_uniform", limit: Math.sqrt(6 / 576) },
    { name: "lecun_uniform", limit: Math.sqrt(3 / 576) },
    { name: "random_uniform", limit: 0.05 },
  ];
  it.each(uniforms)("$name fills ± $limit evenly", ({ name, limit }) => {
    const sample = values(name, shape);
    const { mean, variance } = moments(sample);
    const largest = sample.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeLessThanOrEqual(Math.fround(limit));
    expect(largest).toBeGreaterThan(0.999 * limit);
    // Standard error of the mean: limit / sqrt(3 n); five of them.
    expect(Math.abs(mean)).toBeLessThan((5 * limit) / Math.sqrt(3 * sample.length));
    expect(variance / (limit ** 2 / 3)).toBeCloseTo(1, 1.7);
    const quarter = sample.filter((value) => value < -limit / 2).length / sample.length;
    expect(quarter).toBeCloseTo(0.25, 1.7);
  });

  const normals = [
    { name: "glorot_normal", deviation: Math.sqrt(2 / (576 + 1152)) },
    { name: "he_normal", deviation: Math.sqrt(2 / 576) },
    { name: "lecun_normal", deviation: Math.sqrt(1 / 576) },
  ];
  it.each(normals)("$name has deviation $deviation after its cut at two", ({ name, deviation }) => {
    const sample = values(name, shape);
    const { mean, variance } = moments(sample);
    const largest = sample.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    // Cut at 2 / 0.8796 = 2.2737 deviations of the result.
    expect(largest / deviation).toBeLessThanOrEqual(2.27369 + 1e-5);
    expect(largest / deviation).toBeGreaterThan(2.27);
    expect(Math.abs(mean)).toBeLessThan((5 * deviation) / Math.sqrt(sample.length));
    expect(Math.sqrt(variance) / deviation).toBeCloseTo(1, 1.7);
  });

  it("truncated_normal is not corrected, as in Keras", () => {
    const config = { mean: 1, stddev: 0.5 };
    const { mean, variance } = moments(values({ class_name: "TruncatedNormal", config }, shape));
    expect(mean).toBeCloseTo(1, 1.7);
    // Var of a standard normal cut at ± 2: 1 − 4 φ(2) / (2 Φ(2) − 1) = 0.7737
    expect(variance / 0.25).toBeCloseTo(0.7737, 1.7);
  });

  it("random_normal has the tails that truncated_normal lacks", () => {
    const sample = values({ class_name: "RandomNormal", config: { stddev: 2 } }, shape);
    expect(Math.sqrt(moments(sample).variance)).toBeCloseTo(2, 1.3);
    const beyond = sample.filter((value) => Math.abs(value) > 4).length / sample.length;
    expect(beyond).toBeCloseTo(0.0455, 2); // P(|z| > 2)
  });

  it("scales by fan_out, and leaves untruncated_normal its tails", () => {
    const config = { scale: 3, mode: "fan_out", distribution: "untruncated_normal" };
    const sample = values({ class_name: "VarianceScaling", config }, shape);
    expect(moments(sample).variance / (3 / 1152)).toBeCloseTo(1, 1.3);
    expect(sample.some((value) => Math.abs(value) > 3 * Math.sqrt(3 / 1152))).toBe(true);
  });

  it("reads every spelling alike", () => {
    const expected = values("glorot_uniform", [3, 4]);
    for (const spelling of [
      "GlorotUniform",
      "glorotUniform",
      { class_name: "GlorotUniform", config: { seed: 5 } },
      { module: "keras.initializers", class_name: "GlorotUniform", config: { seed: null } },
      // Keras 2 and TF.js write the family's general form
      {
        class_name: "VarianceScaling",
        config: { scale: 1, mode: "fan_avg", distribution: "uniform", seed: null },
      },
      {
        class_name: "VarianceScaling",
        config: { scale: 1, mode: "fanAvg", distribution: "uniform" },
      },
    ])
      expect(values(spelling, [3, 4])).toEqual(expected);
  });

  it.each([
    [[6, 4], 1],
    [[4, 6], 1],
    [[5, 5], 2],
    [[3, 3, 2, 7], 1],
  ])("orthogonal of %j with gain %d", (shape, gain) => {
    const sample = values({ class_name: "Orthogonal", config: { gain } }, shape);
    const columns = shape.at(-1)!;
    const rows = sample.length / columns;
    const at = (row: number, column: number) => sample[row * columns + column]!;
    const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
    for (let a = 0; a < count; a++)
      for (let b = 0; b < count; b++) {
        let product = 0;
        for (let i = 0; i < length; i++)
          product += rows < columns ? at(a, i) * at(b, i) : at(i, a) * at(i, b);
        expect(product).toBeCloseTo(a === b ? gain ** 2 : 0, 5);
      }
  });

  it("orthogonal turns every way: entries of many have mean 0 and variance 1/n", () => {
    // Householder or Gram–Schmidt without care for signs would fix those of the diagonal.
    let sum = 0;
    let squares = 0;
    for (let seed = 0; seed < 2000; seed++) {
      const first = values("orthogonal", [3, 3], seed)[0]!;
      sum += first / 2000;
      squares += first ** 2 / 2000;
    }
    expect(Math.abs(sum)).toBeLessThan(5 * Math.sqrt(1 / 3 / 2000));
    expect(squares).toBeCloseTo(1 / 3, 1.3);
  });

  it("fills zeros, ones, constants and the identity", () => {
    expect([...values("zeros", [3])]).toEqual([0, 0, 0]);
    expect([...values("ones", [2])]).toEqual([1, 1]);
    expect([...values({ class_name: "Constant", config: { value: 0.5 } }, [2])]).toEqual([
      0.5, 0.5,
    ]);
    expect([...values({ class_name: "Identity", config: { gain: 2 } }, [2, 3])]).toEqual([
      2, 0, 0, 0, 2, 0,
    ]);
  });

  it("names what is wrong", () => {
    const code = (initializer: unknown, shape: readonly number[]) => {
      try {
        values(initializer, shape);
      } catch (error) {
        return error;
      }
    };
    expect(code("glorot_unifrom", [2])).toMatchObject({
      code: "unknown-name",
      message: expect.stringMatching(/layer "layer", weight "kernel".*glorot_uniform/),
    });
    expect(code({ class_name: "Constant", config: { value: "1" } }, [2])).toMatchObject({
      code: "bad-argument",
    });
    expect(code("orthogonal", [2])).toMatchObject({ code: "bad-shape" });
    expect(code(3, [2])).toMatchObject({ code: "bad-argument" });
    expect(
      code({ class_name: "VarianceScaling", config: { mode: "fan_sum" } }, [2, 2]),
    ).toMatchObject({ code: "bad-argument", message: expect.stringContaining("fan_avg") });
  });

  it("begins an LSTM's forget gate with ones", () => {
    const config = { units: 2, others: { class_name: "Constant", config: { value: 0.5 } } };
    const bias = values({ class_name: "UnitForgetBias", config }, [8]);
    expect([...bias]).toEqual([0.5, 0.5, 1, 1, 0.5, 0.5, 0.5, 0.5]);
  });
});

// keras.initializers.STFT of Keras 3.15, float32.
it.each([
  [
    { side: "real" },
    [0, 0, 0, 0.70710683, -3.090862e-8, -0.70710683, 0.70710683, -0.70710683, 0.70710683, 0, 0, 0],
  ],
  [
    { side: "imag", window: "hamming", periodic: true, scaling: "spectrum" },
    [0, 0, 0, 0, -0.25, 2.1855694e-8, 0, 4.0473505e-8, -8.0947011e-8, 0, 0.25, 5.9624403e-9],
  ],
  [
    { side: "real", window: "blackman", scaling: null },
    [0, 0, 0, 0.63, -2.7538174e-8, -0.63, 0.63, -0.63, 0.63, 0, 0, 0],
  ],
  [
    { side: "imag", window: null },
    [0, 0, 0, 0, -1, 8.7422777e-8, 0, 8.7422777e-8, -1.7484555e-7, 0, 1, 2.3849761e-8],
  ],
  [
    { side: "imag", window: [1, 2, 0.5, 0.25] },
    [
      0, 0, 0, 0, -0.86772186, 7.5858651e-8, 0, 1.8964663e-8, -3.7929325e-8, 0, 0.10846523,
      2.5868698e-9,
    ],
  ],
])("STFT %j", (config, expected) => {
  const got = values({ class_name: "STFT", config }, [4, 1, 3]);
  expected.forEach((value, i) => expect(got[i]).toBeCloseTo(value, 6));
});

it("STFT refuses windows that it does not know", () => {
  const of = (window: unknown) => () => values({ class_name: "STFT", config: { window } }, [4, 1, 3]); // prettier-ignore
  expect(of("kaiser")).toThrow(/hann, hamming/);
  expect(of([1, 2])).toThrow(/got 2 values, expected 4 numbers/);
});
