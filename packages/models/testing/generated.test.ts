import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import { digest, fmix32, fnv1a, bits, generatedImages, generatedWeight, unit } from "./generated";

describeWithShared("generated numbers", "reference/keras/generator.json", (path) => {
  const reference: {
    fnv1a: [string, number][];
    fmix32: [number, number][];
    sequence: { name: string; index: number; u: number; r: number }[];
    weights: {
      class: string;
      weight: string;
      shape: number[];
      gain: number;
      first4: number[];
      sha256: string;
    }[];
    pixels: { size: number; image: number; y: number; x: number; rgb: number[] }[];
  } = JSON.parse(readFileSync(path, "utf8"));

  it("are those of the reference", () => {
    for (const [text, hash] of reference.fnv1a) expect(fnv1a(text)).toBe(hash);
    for (const [x, expected] of reference.fmix32) expect(fmix32(x)).toBe(expected);
    for (const { name, index, u, r } of reference.sequence) {
      expect(bits(fnv1a(name), index)).toBe(u);
      expect(Math.fround(unit(fnv1a(name), index))).toBe(Math.fround(r));
    }
  });

  it.each(reference.weights)(
    "$weight",
    ({ class: className, weight, shape, gain, ...expected }) => {
      const generated = generatedWeight(className, weight, shape, gain);
      expect(generated.data.slice(0, 4)).toEqual(new Float32Array(expected.first4));
      expect(digest(new Map([[weight, generated]]))).toBe(expected.sha256);
    },
  );

  it("make the images of the reference", () => {
    for (const size of new Set(reference.pixels.map((pixel) => pixel.size))) {
      const { data } = generatedImages(size);
      for (const { image, y, x, rgb } of reference.pixels.filter((pixel) => pixel.size === size)) {
        const at = ((image * size + y) * size + x) * 3;
        expect(data.slice(at, at + 3)).toEqual(new Uint8Array(rgb));
      }
    }
    const hash = createHash("sha256").update(generatedImages(224).data).digest("hex");
    expect(hash).toBe("622322789dfdc9a2a02494b28c864ced1f1439166a70ae210f1f0e4cadecef8e");
  });
});
