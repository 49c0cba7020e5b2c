// Against scikit-image's formula, written with scipy.ndimage.uniform_filter in float64.
import { expect, it } from "vitest";
import { ssim } from "./ssim";

const a = Float64Array.from({ length: 90 }, (_, i) => ((i * 37) % 101) / 100);
const b = Float64Array.from({ length: 90 }, (_, i) => ((i * 53 + 11) % 97) / 96);

it("is scikit-image's", () => {
  expect(ssim(a, a, [9, 10])).toBeCloseTo(1, 12);
  expect(ssim(a, b, [9, 10])).toBeCloseTo(0.12967857370760275, 12);
  expect(ssim(a, a.map((value, i) => (value + b[i]!) / 2), [9, 10])).toBeCloseTo(0.7209327324142184, 12); // prettier-ignore
  expect(ssim(a.subarray(0, 4), b.subarray(0, 4), [1, 4])).toBeLessThan(1);
});
