// Captum's numbers on networks that are no plain stack of convolutions of images (fixtures/make_networks.py), and on some
// where faults were found (fixtures/make_found.py).
import { readFileSync } from "node:fs";
import { isCajalError, tensor, type Tensor } from "@cajal/core";
import { decodeModel } from "@cajal/onnx";
import { afterAll, describe, expect, it } from "vitest";
import { openExplainer, type AttributeOptions } from ".";
import { methods } from "./methods";
import { difference, type Numbers } from "../testing/reference";

interface Network {
  readonly network: string;
  readonly x: Numbers;
  readonly baseline: Numbers;
  readonly targets: readonly number[];
  readonly cases: readonly {
    readonly method: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly map: Numbers;
  }[];
}

const folder = new URL("../fixtures/", import.meta.url);
const networks = ["networks.json", "found.json"].flatMap(
  (name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as readonly Network[],
);
const open = (name: string) =>
  openExplainer(decodeModel(readFileSync(new URL(`${name}.onnx`, folder))), {
    dataFormat: "channels_first",
    threads: 1, // of networks this small a second one only waits
  });
const floats = ({ shape, data }: Numbers): Tensor => tensor("float32", shape, data);

/** Captum ran in float64. */
const tolerance = 1e-4;

describe.each(networks.map((each) => [each.network, each] as const))(
  "%s",
  async (name, { x, baseline, targets, cases }) => {
    const explainer = await open(name);
    afterAll(() => explainer.dispose());
    it.each(cases.map(({ method, options, map }) => [method, options, map] as const))(
      "%s",
      async (method, { features, ...options }, expected) => {
        const { map, perLayer } = await explainer.attribute(floats(x), {
          method,
          target: targets,
          ...options,
          ...(options["baseline"] === "b" && { baseline: floats(baseline) }),
          ...(features !== undefined && { features: floats(features as Numbers) }),
        } as unknown as AttributeOptions);
        const numbers = method === "full-gradients" ? perLayer! : map;
        expect(difference(numbers.data, expected.data)).toBeLessThan(tolerance);
      },
    );
  },
);

it("cam refuses a pooling of parts of a map", async () => {
  // Average pools of 2 × 2 pixels, flattened: the dense layer has a weight for each of the four places of a channel.
  const explainer = await open("pools");
  const { x } = networks.find(({ network }) => network === "pools")!;
  const result = explainer.attribute(floats(x), { method: "cam", layer: "sigmoid" });
  await expect(result).rejects.toMatchObject({ code: "unsupported" });
  await explainer.dispose();
});

describe("a network of sequences", async () => {
  const explainer = await open("recurrent");
  afterAll(() => explainer.dispose());
  const { x } = networks.find(({ network }) => network === "recurrent")!;

  it("has layers of one row for each example alone", () => {
    const shapes = explainer.layers.map(({ shape }) => shape.join());
    expect(shapes).toContain("6,8"); // what both directions give, [batch, time, 2 · 4]
    expect(shapes).not.toContain("2,,4"); // [time, directions, batch, units], as the operator gives it
    expect(shapes).not.toContain(",4"); // the initial state, [directions, batch, units]
  });

  it.each(methods.map(({ name }) => [name] as const))(
    "%s: a map, or a clear refusal",
    async (name) => {
      const { options, needsLayer } = methods.find((method) => method.name === name)! as {
        options: readonly string[];
        needsLayer?: boolean;
      };
      const chosen = {
        method: name,
        target: 1,
        ...(needsLayer && { layer: "lstm" }),
        ...(options.includes("neuron") && { neuron: [0, 0] }),
        ...(options.includes("steps") && { steps: 2 }),
      };
      const refused = /^(deep-lift|lrp)|cam|full-grad/.test(name);
      const result = await explainer.attribute(floats(x), chosen as unknown as AttributeOptions).catch((error: unknown) => error); // prettier-ignore
      if (refused) expect(isCajalError(result, "unsupported"), String(result)).toBe(true);
      else expect((result as { map: Tensor }).map.data.every(Number.isFinite)).toBe(true);
    },
  );

  it.each([
    ["deletion-insertion", {}],
    ["road", {}],
    ["localisation", { box: [0, 0, 1, 1] }],
    ["complexity", {}],
  ] as const)("is not measured by %s", async (metric, options) => {
    const measured = explainer.measure(floats(x), { metric, heat: floats(x), ...options } as never);
    await expect(measured).rejects.toMatchObject({ code: "unsupported" });
  });
});
