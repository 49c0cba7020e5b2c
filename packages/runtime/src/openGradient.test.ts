// Values and gradients of anything in a network by anything else, on both engines.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { random, tensor, type Tensor } from "@cajal/core";
import { functional, toOnnx, type ModelConfig } from "@cajal/models";
import { GraphBuilder } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { initialize } from "./initializers/initialize";
import { open } from "./open";
import { openGradient } from "./openGradient";

/** A nested model of two convolutions, a way past it, a flatten and a dense layer. */
function network(): ModelConfig {
  const inner = functional("block");
  const within = inner.input([4, 5, 2], { name: "within" });
  let a = inner.layer(
    "Conv2D",
    { name: "conv", filters: 2, kernel_size: 3, padding: "same" },
    within,
  );
  a = inner.layer("BatchNormalization", { name: "bn" }, a);
  a = inner.layer("Activation", { name: "tanh", activation: "tanh" }, a);
  const net = functional("network");
  const image = net.input([4, 5, 2], { name: "image" });
  const stem = net.layer(
    "Conv2D",
    { name: "stem", filters: 2, kernel_size: 1, activation: "sigmoid" },
    image,
  );
  const block = net.layer("Activation", { name: "block", activation: "linear" }, stem);
  const sum = net.layer("Add", { name: "sum" }, [stem, block]);
  const flat = net.layer("Flatten", { name: "flatten" }, sum);
  const outer = net.model([image], [net.layer("Dense", { name: "logits", units: 3 }, flat)]);
  const nested = { ...inner.model([within], [a]), name: "block" };
  const layers = outer.config.layers.map((layer) => (layer.name === "block" ? { ...layer, ...nested, config: { ...nested.config, name: "block" } } : layer)); // prettier-ignore
  return { ...outer, config: { ...outer.config, layers } } as unknown as ModelConfig;
}

const noise = (shape: readonly number[], name: string): Tensor => {
  const numbers = random(5, name);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: size }, () => numbers.normal() / 2),
  );
};

const dot = (a: Tensor, b: Tensor) =>
  Array.from(a.data as Float32Array).reduce((sum, x, i) => sum + x * Number(b.data[i]), 0);

const moved = (x: Tensor, by: Tensor, step: number): Tensor =>
  tensor("float32", x.shape, Float32Array.from(x.data as Float32Array, (v, i) => v + step * Number(by.data[i]))); // prettier-ignore

describe.each(["onnx", "tfjs"] as const)("openGradient on %s", (engine) => {
  const model = network();
  const weights = initialize(model, { seed: 2 });
  const image = noise([2, 4, 5, 2], "image");
  const dy = tensor("float32", [2, 3], [0, 1, 0, 0.5, 0, -1]);

  it("gives values and gradients by inputs, layers and weights that agree with differences", async () => {
    const layers = ["stem", "block/conv", "block/tanh", "sum", "flatten"];
    const names = ["image", ...layers, "block/conv/kernel", "logits/kernel", "stem/bias"];
    await using session = await openGradient(model, weights, {
      engine,
      withRespectTo: names,
      values: layers,
    });
    const { value, values, gradients } = await session.run({ image }, { dy });
    await using plain = await open(model, weights, { engine });
    const expected = await plain.predict(image);
    expect(dot(value, value)).toBeCloseTo(dot(expected, expected), 4);
    const step = 1e-2;
    // By an input and by weights: the slope along a direction, of the whole computed anew.
    const slope = async (at: (sign: number) => Promise<Tensor>) =>
      (dot(await at(1), dy) - dot(await at(-1), dy)) / (2 * step);
    const direction = noise(image.shape, "direction");
    expect(dot(gradients.image!, direction)).toBeCloseTo(
      await slope((sign) => plain.predict(moved(image, direction, sign * step))),
      3,
    );
    for (const key of ["block/conv/kernel", "logits/kernel", "stem/bias"]) {
      const weight = weights.get(key)!;
      const along = noise(weight.shape, key);
      expect(gradients[key]!.shape).toEqual(weight.shape);
      const at = async (sign: number) => {
        const changed = new Map(weights).set(key, moved(weight, along, sign * step));
        await using other = await open(model, changed, { engine });
        return other.predict(image);
      };
      expect(dot(gradients[key]!, along)).toBeCloseTo(await slope(at), 3);
    }
    // By a layer: what the network makes of it when it is fed.
    for (const name of ["block/conv", "block/tanh", "sum", "flatten"]) {
      await using rest = await openGradient(model, weights, {
        engine,
        feeds: [name],
        withRespectTo: [],
      });
      const bypassed = rest.inputs.some((input) => input.name === "image");
      expect([name, bypassed]).toEqual([name, name.startsWith("block")]);
      const layer = values[name]!;
      const along = noise(layer.shape, name);
      const at = async (sign: number) =>
        (await rest.run({ [name]: moved(layer, along, sign * step), ...(bypassed && { image }) })).value; // prettier-ignore
      expect(dot(gradients[name]!, along)).toBeCloseTo(await slope(at), 3);
    }
  });

  it("differentiates one layer by another, for every batch", async () => {
    await using session = await openGradient(model, weights, {
      engine,
      of: "block/tanh",
      withRespectTo: ["stem"],
    });
    const both = await session.run({ image });
    const second = tensor("float32", [1, 4, 5, 2], (image.data as Float32Array).slice(40));
    const one = await session.run({ image: second });
    expect(both.value.shape).toEqual([2, 4, 5, 2]);
    (one.gradients.stem!.data as Float32Array).forEach((dx, i) =>
      expect(dx).toBeCloseTo(Number(both.gradients.stem!.data[40 + i]), 5),
    );
    expect(Number(one.gradients.stem!.data[0])).not.toBe(0);
  });

  it("adds gradients up over the batch, weights as ever", async () => {
    const names = ["image", "stem", "stem/kernel"];
    const request = { engine, of: "logits", withRespectTo: names };
    await using session = await openGradient(model, weights, request);
    await using adding = await openGradient(model, weights, { ...request, summed: true });
    const { gradients } = await session.run({ image }, { dy });
    const { value, gradients: sums } = await adding.run({ image }, { dy });
    expect(value.shape).toEqual([2, 3]);
    expect(sums["stem/kernel"]).toEqual(gradients["stem/kernel"]);
    for (const name of ["image", "stem"]) {
      expect(sums[name]!.shape).toEqual([1, 4, 5, 2]);
      (sums[name]!.data as Float32Array).forEach((sum, i) =>
        expect(sum).toBeCloseTo(Number(gradients[name]!.data[i]) + Number(gradients[name]!.data[40 + i]), 5),
      ); // prettier-ignore
    }
  });

  it("has gradients by a layer that gives what it takes, not by what it takes", async () => {
    for (const [type, config] of [
      ["Dropout", { rate: 0.5 }],
      ["Activation", { activation: "linear" }],
      ["Flatten", {}],
    ] as const) {
      // y = x + 2 d, d = x
      const net = functional("net");
      const x = net.input([2], { name: "x" });
      const d = net.layer(type, { name: "d", ...config }, x);
      const two = net.layer("Add", { name: "two" }, [d, d]);
      const model = net.model([x], [net.layer("Add", { name: "y" }, [x, two])]);
      await using session = await openGradient(model, new Map(), { engine, withRespectTo: ["d", "x"] }); // prettier-ignore
      const values = tensor("float32", [1, 2], [1, 2]);
      const { gradients } = await session.run({ x: values });
      expect([...gradients["d"]!.data]).toEqual([2, 2]);
      expect([...gradients["x"]!.data]).toEqual([3, 3]);
      await using fed = await openGradient(model, new Map(), { engine, feeds: ["d", "d"], withRespectTo: ["d"] }); // prettier-ignore
      expect(fed.inputs.map(({ name }) => name)).toEqual(["d", "x"]);
      const { value } = await fed.run({ d: tensor("float32", [1, 2], [10, 10]), x: values });
      expect([...value.data]).toEqual([21, 22]);
    }
  });

  it("takes images of any sizes at several inputs", async () => {
    const net = functional("two");
    const images = ["a", "b"].map((name) => net.input([null, null, 1], { name }));
    const means = images.map((each) => net.layer("GlobalAveragePooling2D", {}, each));
    const model = net.model(images, [net.layer("Concatenate", { name: "y" }, means)]);
    const ones = (side: number) => tensor("float32", [1, side, side, 1], Array.from({ length: side * side }, () => 1)); // prettier-ignore
    await using session = await openGradient(model, new Map(), { engine });
    const { value, gradients } = await session.run({ a: ones(4), b: ones(5) });
    expect([...value.data]).toEqual([1, 1]);
    expect(gradients["b"]!.data[0]).toBeCloseTo(1 / 25);
    await using opened = await open(model, new Map(), { engine });
    expect((await opened.run({ a: ones(4), b: ones(6) }))["y"]!.shape).toEqual([1, 2]);
  });

  it("tells what does not fit", async () => {
    const unknown = openGradient(model, weights, { engine, withRespectTo: ["sten"] });
    await expect(unknown).rejects.toMatchObject({ code: "unknown-name" });
    await using session = await openGradient(model, weights, { engine });
    await expect(session.run({})).rejects.toMatchObject({ code: "bad-argument" });
    const wrong = session.run({ image }, { dy: tensor("float32", [2, 4]) });
    await expect(wrong).rejects.toThrow();
    await session.dispose();
    await expect(session.run({ image })).rejects.toMatchObject({ code: "disposed" });
  });
});

describe("openGradient at a layer of several outputs", () => {
  const net = functional("states");
  const x = net.input([4, 3], { name: "x" });
  const [sequence, h, c] = net.outputsOf(net.layer("LSTM", { name: "lstm", units: 2, return_sequences: true, return_state: true }, x)); // prettier-ignore
  const flat = net.layer("Flatten", {}, sequence!);
  const all = net.layer("Concatenate", { name: "all" }, [flat, h!, c!]);
  const model = net.model([x], [net.layer("Dense", { name: "logits", units: 2 }, all)]);
  const weights = initialize(model, { seed: 3 });
  const request = { of: "logits", withRespectTo: ["x", "lstm"], values: ["lstm"] };

  it("has the same of the first one on both engines", async () => {
    await using onnx = await openGradient(model, weights, request);
    await using tfjs = await openGradient(model, weights, { ...request, engine: "tfjs" });
    const feeds = { x: noise([2, 4, 3], "x") };
    const expected = await onnx.run(feeds);
    const got = await tfjs.run(feeds);
    for (const [a, b] of [
      [got.value, expected.value],
      [got.values["lstm"]!, expected.values["lstm"]!],
      [got.gradients["x"]!, expected.gradients["x"]!],
      [got.gradients["lstm"]!, expected.gradients["lstm"]!],
    ] as const) {
      // prettier-ignore
      expect(a.shape).toEqual(b.shape);
      a.data.forEach((value, i) => expect(value).toBeCloseTo(Number(b.data[i]), 5));
    }
  });

  it("is not fed on engine tfjs, which has no place for the others", async () => {
    const feeds = openGradient(model, weights, { of: "logits", feeds: ["lstm"], engine: "tfjs" });
    await expect(feeds).rejects.toThrow('layer "lstm" has 3 outputs');
  });
});

describe("openGradient of an ONNX graph", () => {
  const model = network();
  const weights = initialize(model, { seed: 2 });

  it("names values as the graph does, and keeps graphs for several shapes", async () => {
    const graph = toOnnx(model, weights);
    const conv = graph.graph.nodes.find(({ op }) => op === "Conv")!.outputs[0]!;
    await using session = await openGradient(graph, {
      of: "logits",
      withRespectTo: [conv, "image"],
    });
    for (const batch of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const { gradients } = await session.run({ image: noise([batch, 4, 5, 2], "image") });
      expect(gradients[conv]!.shape).toEqual([batch, 2, 4, 5]);
    }
    const runs = [9, 8, 7, 6, 5, 4, 3, 2, 1].map((batch) =>
      session.run({ image: noise([batch, 4, 5, 2], "image") }),
    );
    expect((await Promise.all(runs)).map(({ value }) => value.shape[0])).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]); // prettier-ignore
  });

  it("may have a value named dy", async () => {
    const g = new GraphBuilder();
    const dy = g.input("dy", "float32", ["n"]);
    g.output(g.mul(dy, dy), "y");
    await using session = await openGradient(g.build());
    const ofThree = (...values: number[]) => tensor("float32", [3], values);
    const { gradients } = await session.run({ dy: ofThree(1, 2, 3) }, { dy: ofThree(1, 0, 10) });
    expect([...gradients["dy"]!.data]).toEqual([2, 0, 60]);
  });

  it("refuses a dy that is not as the value, and goes on", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["n", 2]);
    g.output(g.tanh(x), "y");
    await using session = await openGradient(g.build());
    const run = (dy: unknown) => session.run({ x: tensor("float32", [2, 2]) }, { dy } as object);
    for (const shape of [[2, 3], [1, 2], []])
      await expect(run(tensor("float32", shape))).rejects.toMatchObject({ code: "bad-shape", message: expect.stringMatching(/^dy: got .* expected \[2,2\]/) }); // prettier-ignore
    await expect(run(tensor("int32", [2, 2]))).rejects.toMatchObject({ code: "bad-argument", message: expect.stringMatching(/^dy: got int32, expected float32/) }); // prettier-ignore
    await expect(run([1, 2])).rejects.toMatchObject({ code: "bad-argument" });
    await expect(session.run({ x: tensor("float32", [2, 2]) }, null!)).rejects.toMatchObject({ code: "bad-argument" }); // prettier-ignore
    expect([...(await run(tensor("float32", [2, 2], [1, 2, 3, 4]))).gradients["x"]!.data]).toEqual([1, 2, 3, 4]); // prettier-ignore
  });

  it("has gradients by its inputs of floating-point numbers, and values of any type", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["n", 3]);
    const index = g.input("i", "int64", ["n"]);
    const scale = g.input("s", "float32", []);
    const picked = g.gather(g.mul(x, scale), index, { axis: 0 });
    g.output(g.argMax(picked, { axis: 1 }), "k");
    g.output(picked, "y");
    const model = g.build();
    const feeds = {
      x: tensor("float32", [2, 3], [1, 2, 3, 6, 5, 4]),
      i: tensor("int64", [2], new BigInt64Array([1n, 1n])),
      s: tensor("float32", [], [2]),
    };
    await using session = await openGradient(model, { of: "y", summed: true });
    const { gradients } = await session.run(feeds);
    expect(Object.keys(gradients)).toEqual(["x", "s"]);
    expect([...gradients["x"]!.data]).toEqual([4, 4, 4]);
    expect([...gradients["s"]!.data]).toEqual([30]);
    await using forward = await openGradient(model, { of: "k", withRespectTo: [] });
    expect([...(await forward.run(feeds)).value.data].map(Number)).toEqual([0, 0]);
  });

  it("is fed one of a node's outputs, where the others are needed", async () => {
    // y = a² b c of x = [a, b, c].
    const g = new GraphBuilder();
    const [a, b, c] = g.split(g.input("x", "float32", [1, 3]), { axis: 1, num_outputs: 3 });
    g.output(g.mul(g.mul(a!, b!), g.mul(a!, c!)), "y");
    await using session = await openGradient(g.build(), { feeds: [b!.name], withRespectTo: [b!.name, a!.name] }); // prettier-ignore
    expect(session.inputs.map(({ name }) => name)).toEqual([b!.name, "x"]);
    const { value, gradients } = await session.run({
      x: tensor("float32", [1, 3], [2, 3, 5]),
      [b!.name]: tensor("float32", [1, 1], [7]),
    });
    expect([...value.data]).toEqual([140]);
    expect([...gradients[b!.name]!.data]).toEqual([20]);
    expect([...gradients[a!.name]!.data]).toEqual([140]);
  });

  it("keeps nothing of runs that are over", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const graph = toOnnx(network(), initialize(network(), { seed: 2 }));
    await using session = await openGradient(graph);
    const results: WeakRef<object>[] = [];
    for (let run = 0; run < 6; run++) {
      const { gradients } = await session.run({ image: noise([1, 4, 5, 2], "image") });
      results.push(new WeakRef(gradients["image"]!));
    }
    // The last one may still lie on the stack.
    await new Promise((done) => setTimeout(done, 10));
    collect();
    expect(results.slice(0, -1).filter((result) => result.deref() !== undefined)).toEqual([]);
  });

  it("goes backwards by rules, and feeds what these declare", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["batch", 2]);
    g.output(g.relu(x), "y");
    await using session = await openGradient(g.build(), {
      rules: (h) => {
        const scale = h.input("scale", "float32", []);
        return { Relu: ([dy]) => [h.mul(dy!, scale)] };
      },
    });
    expect(session.inputs.map(({ name }) => name)).toEqual(["x", "scale"]);
    const { gradients } = await session.run({
      x: tensor("float32", [1, 2], [1, -1]),
      scale: tensor("float32", [], [3]),
    });
    expect([...(gradients.x!.data as Float32Array)]).toEqual([3, 3]);
  });

  it("names an operator without a gradient at once", async () => {
    const g = new GraphBuilder();
    g.output(g.op("ConvInteger", [g.cast(g.input("x", "float32", [1, 1, 2, 2]), "uint8"), g.constant(tensor("uint8", [1, 1, 1, 1], [1]))]), "y"); // prettier-ignore
    await expect(openGradient(g.build())).rejects.toMatchObject({ code: "bad-argument" });
    await expect(openGradient(g.build(), { engine: "tfjs" })).rejects.toMatchObject({ code: "unsupported" }); // prettier-ignore
  });
});
