import { beforeAll, expect, it } from "vitest";
import { describeInChromium, runInChromium } from "../../core/testing/chromium";
import { filmsOn } from "./films";
import type run from "./films";

describeInChromium("TF.js on a GPU, in software", () => {
  let here: Awaited<ReturnType<typeof filmsOn>>;
  let there: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    here = await filmsOn({ engine: "onnx", device: "cpu", threads: 1 });
    const flags = [
      ..."--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader".split(" "),
      ..."--use-angle=swiftshader --ignore-gpu-blocklist".split(" "),
    ];
    there = await runInChromium(new URL("films.ts", import.meta.url), { flags, timeout: 120_000 });
  }, 150_000);

  it.each(["webgl", "webgpu"] as const)(
    "%s gives Node's numbers for films, or an error that says it cannot",
    (device) => {
      for (const [name, expected] of Object.entries(here)) {
        const values = there[device][name]!;
        // Its transpose of whole numbers is no valid shader.
        if (device === "webgpu" && name === "a count") expect(values).toBe("engine");
        else {
          expect(values, name).toHaveLength(expected.length);
          for (const [i, value] of [...values].entries())
            expect(value, `${name}, element ${i}`).toBeCloseTo(Number(expected[i]), 5);
        }
      }
    },
  );
});
