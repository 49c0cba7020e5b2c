// Gradients on ONNX Runtime: the graph with its gradients as further outputs, compiled for the shapes that
// are fed, as the choice of formulations needs them.
import type { Tensor } from "@cajal/core";
import {
  constantWeights,
  declareInputs,
  fromInput,
  lower,
  weightSpecs,
  type LoweredValue,
  type WeightInput,
  type WeightSource,
} from "@cajal/models";
import {
  checkDifferentiable,
  gradients,
  GraphBuilder,
  upgradeModel,
  type OnnxModel,
  type Value,
} from "@cajal/onnx";
import type {
  GradientRequest,
  GradientResult,
  OpenedGradient,
} from "../../session/gradientSession";
import type { OpenedModel } from "../../session/session";
import type { DeviceName } from "../../device/device";
import type { KerasSource } from "../engine";
import { cutAt } from "./cutAt";
import { doubling } from "./doubling";
import { lacksIndices } from "./provider";
import { openOnOnnx } from "./session";

/** A model as a graph, and where in it the things lie that one names. */
interface NamedGraph {
  readonly model: OnnxModel;
  /** The name of its first output. */
  readonly output: string;
  /** Layers of a Keras model, by their paths. */
  readonly layers: ReadonlyMap<string, LoweredValue>;
  /** Weights of a Keras model, by their keys. */
  readonly weights: ReadonlyMap<string, WeightInput>;
}

/** What a graph is compiled for: shapes of feeds, and whether `dy` is fed too. */
interface Fed {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly dy: boolean;
}

/** Graphs for more shapes put the oldest out. */
const kept = 6;

/** @throws CajalError `unknown-name`, `unsupported`, `missing-peer`, `no-device` */
export async function openGradientOnOnnx(
  source: KerasSource | OnnxModel,
  request: GradientRequest,
): Promise<OpenedGradient> {
  const named = "graph" in source ? ofGraph(source) : ofKeras(source, request);
  const { values, feeds, threads } = request;
  const of = request.of ?? named.output;
  const withRespectTo = request.withRespectTo ?? named.model.graph.inputs.map(({ name }) => name);
  const place = (name: string) => named.layers.get(name)?.value.name ?? name;
  const cut = cutAt(
    named.model,
    feeds.map((name) => ({ name, layer: named.layers.get(name) })),
    [of, ...withRespectTo, ...values].map(place),
  );

  /** The graph so far, and what is to be done in it. */
  function begin(shapes: Fed["shapes"]) {
    const own = cut.graph.inputs
      .map(({ name }) => name)
      .filter((name) => Object.hasOwn(shapes, name));
    const g = GraphBuilder.from(cut, {
      shapes: Object.fromEntries(own.map((name) => [name, shapes[name]])),
    });
    const rules = typeof request.rules === "function" ? request.rules(g) : request.rules;
    return {
      g,
      rules,
      value: g.value(place(of)),
      by: withRespectTo.map((name) => g.value(place(name))),
    };
  }

  function compile({ shapes, dy: fed }: Fed, device: DeviceName): OnnxModel {
    const { g, rules, value, by } = begin(shapes);
    const lying = (name: string, like: Value) => named.layers.get(name)?.toKeras(g, like) ?? like;
    const give = (name: string, like: Value) =>
      g.output(lying(name, like), g.freshName(`given/${name}`));
    const seed = () => {
      const layer = named.layers.get(of);
      const dy = g.input("dy", value.dtype, lying(of, value).shape);
      return layer ? layer.fromKeras(g, dy) : dy;
    };
    const dxs =
      by.length === 0
        ? []
        : gradients(g, value, by, {
            rules,
            ...(fed && { dy: seed() }),
            withoutIndices: lacksIndices(device),
          });
    give(of, value);
    for (const name of values) give(name, g.value(place(name)));
    withRespectTo.forEach((name, i) => give(name, dxs[i]!));
    return g.build();
  }

  const { g, rules, value, by } = begin({});
  const fedInputs = [...g.inputs];
  // Names and operators are told of now, not at the first run.
  for (const name of values) g.value(place(name));
  if (!rules) checkDifferentiable(g, value, by);
  const options = {
    threads,
    shareKernels: false,
    verify: false,
    isolate: false,
    worker: false,
    signal: undefined,
  };
  const trial = await openOnOnnx(doubling(), { ...options, device: request.device });
  await trial.free();
  const { device } = trial;
  const graphs = compiled((fed: Fed) => openOnOnnx(compile(fed, device), { ...options, device }));

  return {
    engine: "onnx",
    device,
    inputs: fedInputs,
    async run(tensors, dy) {
      const shapes = Object.entries(tensors).map(([name, { shape }]) => [name, shape] as const);
      const free = withRespectTo.length === 0;
      const fed = { shapes: free ? {} : Object.fromEntries(shapes), dy: dy !== undefined && !free };
      const results = await graphs.use(fed, async (opened) =>
        Object.values(await opened.run(fed.dy ? { ...tensors, dy: dy! } : tensors)),
      );
      return resultOf(results);
    },
    free: graphs.free,
  };

  function resultOf([value, ...others]: readonly Tensor[]): GradientResult {
    const dxs = others.slice(values.length);
    const asKeras = (name: string, dx: Tensor) => {
      const weight = named.weights.get(name);
      return weight ? fromInput(weight, dx) : dx;
    };
    return {
      value: value!,
      values: Object.fromEntries(values.map((name, i) => [name, others[i]!])),
      gradients: Object.fromEntries(withRespectTo.map((name, i) => [name, asKeras(name, dxs[i]!)])),
    };
  }
}

/** Opened graphs, the last few; one that is put out is freed when no run of it is under way. */
function compiled(open: (fed: Fed) => Promise<OpenedModel>) {
  const graphs = new Map<string, { opened: Promise<OpenedModel>; runs: Promise<unknown> }>();
  const freed: Promise<void>[] = [];
  const put = (key: string) => {
    const { opened, runs } = graphs.get(key)!;
    graphs.delete(key);
    freed.push(runs.then(() => opened).then((model) => model.free(), () => {})); // prettier-ignore
  };
  return {
    async use<T>(fed: Fed, body: (model: OpenedModel) => Promise<T>): Promise<T> {
      const key = JSON.stringify(fed);
      const graph = graphs.get(key) ?? {
        opened: Promise.resolve(fed).then(open),
        runs: Promise.resolve(),
      };
      graphs.delete(key);
      graphs.set(key, graph);
      const work = graph.opened.then(body);
      // Without results: a chain of them would keep what every run gave.
      graph.runs = Promise.allSettled([graph.runs, work]).then(() => {});
      if (graphs.size > kept) put([...graphs.keys()][0]!);
      return work;
    },
    async free(): Promise<void> {
      Array.from(graphs.keys()).forEach(put);
      await Promise.all(freed);
    },
  };
}

function ofGraph(graphModel: OnnxModel): NamedGraph {
  const model = upgradeModel(graphModel);
  return {
    model,
    output: model.graph.outputs[0]?.name ?? "",
    layers: new Map(),
    weights: new Map(),
  };
}

function ofKeras({ network, weights }: KerasSource, request: GradientRequest): NamedGraph {
  const g = new GraphBuilder({ name: network.name });
  const inputs = declareInputs(g, network);
  const keys = new Set(weightSpecs(network).map(({ key }) => key));
  const asked = [
    request.of ?? [],
    request.withRespectTo ?? [],
    request.values,
    request.feeds,
  ].flat();
  const named = [...new Set(asked)].filter((name) => !inputs.some((input) => input.name === name));
  const lying = new Map<string, WeightInput>();
  const constants = constantWeights(g, weights);
  // As they are, where one of them is asked for: what is folded into another has no gradient.
  const source: WeightSource = (weight, steps) => {
    const value = constants(weight, steps);
    if (!lying.has(weight.key)) lying.set(weight.key, { weight, steps, value });
    return value;
  };
  const lowered = lower(g, network, {
    inputs,
    weights: named.some((name) => keys.has(name)) ? source : weights,
    watch: named.filter((name) => !keys.has(name)),
  });
  return {
    model: g.build(),
    output: lowered.outputs[0]!.name,
    layers: lowered.within,
    weights: lying,
  };
}
