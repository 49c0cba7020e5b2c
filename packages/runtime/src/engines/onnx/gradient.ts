// Gradients on ONNX Runtime: the graph with its gradients as further outputs, compiled for each combination of
// input shapes, because the formulation of gradients depends on them.
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
  computed,
  gradients,
  GraphBuilder,
  sampledEarly,
  upgradeModel,
  type OnnxModel,
  type Value,
  type ValueInfo,
} from "@cajal/onnx";
import {
  checkDy,
  type GradientRequest,
  type GradientResult,
  type OpenedGradient,
} from "../../session/gradientSession";
import { isGpu, type DeviceName } from "../../device/device";
import type { KerasSource } from "../engine";
import { cutAt } from "./cutAt";
import { blockSize } from "./blockSize";
import { doublingGraph } from "./doublingGraph";
import { graphCache } from "./graphCache";
import { rewrites } from "./provider";
import { openOnOnnx } from "./session";
import { sumsInBlocks } from "./sumsInBlocks";

/** A model as a graph, with the values that can be named. */
interface NamedGraph {
  readonly model: OnnxModel;
  /** The name of its first output. */
  readonly output: string;
  /** Layers of a Keras model, by their paths. */
  readonly layers: ReadonlyMap<string, LoweredValue>;
  /** Weights of a Keras model, by their keys. */
  readonly weights: ReadonlyMap<string, WeightInput>;
}

/** What a graph is compiled for: the shapes of the feeds, and type and shape of `dy` where it is fed. */
interface GraphRequest {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly dy: Pick<Tensor, "dtype" | "shape"> | undefined;
}

/** @throws CajalError `unknown-name`, `unsupported`, `missing-peer`, `no-device` */
export async function openGradientOnOnnx(
  source: KerasSource | OnnxModel,
  request: GradientRequest,
): Promise<OpenedGradient> {
  const graph = "graph" in source ? graphOfModel(source) : graphOfKeras(source, request);
  const { values, feeds, threads } = request;
  const target = request.of ?? graph.output;
  const withRespectTo = request.withRespectTo ?? defaultsOf(graph.model.graph.inputs);
  const isWeight = (name: string) =>
    graph.weights.has(name) || graph.model.graph.initializers.has(name);
  const valueName = (name: string) => graph.layers.get(name)?.value.name ?? name;
  const named = [target, ...withRespectTo, ...values].map(valueName);
  const whole = cutAt(
    graph.model,
    feeds.map((name) => ({ name, layer: graph.layers.get(name) })),
    named,
  );
  // Rules are for operators as the model has them.
  const cutModel = request.rules ? whole : sampledEarly(whole, named);

  /** A builder that continues the graph, with the values to differentiate. */
  function startGraph(shapes: GraphRequest["shapes"]) {
    const inputNames = cutModel.graph.inputs
      .map(({ name }) => name)
      .filter((name) => Object.hasOwn(shapes, name));
    const g = GraphBuilder.from(cutModel, {
      shapes: Object.fromEntries(inputNames.map((name) => [name, shapes[name]])),
      unroll: true,
    });
    const rules = typeof request.rules === "function" ? request.rules(g) : request.rules;
    return {
      g,
      rules,
      value: g.value(valueName(target)),
      xs: withRespectTo.map((name) => g.value(valueName(name))),
    };
  }

  function compile({ shapes, dy: fedDy }: GraphRequest, device: DeviceName): OnnxModel {
    const { g, rules, value, xs } = startGraph(shapes);
    const toKerasLayout = (name: string, value: Value) =>
      graph.layers.get(name)?.toKeras(g, value) ?? value;
    const addOutput = (name: string, value: Value) =>
      g.output(toKerasLayout(name, value), g.freshName(`given/${name}`));
    const seed = (fed: Pick<Tensor, "dtype" | "shape">) => {
      const layer = graph.layers.get(target);
      const { shape } = toKerasLayout(target, value);
      checkDy(fed as Tensor, { dtype: computed(value.dtype), shape });
      const dy = g.input(dyName, value.dtype, shape);
      return layer ? layer.fromKeras(g, dy) : dy;
    };
    const dxs =
      xs.length === 0
        ? []
        : gradients(g, value, xs, {
            rules,
            ...(fedDy && { dy: seed(fedDy) }),
            webgpu: rewrites(device),
            gpu: isGpu(device),
          });
    addOutput(target, value);
    for (const name of values) addOutput(name, g.value(valueName(name)));
    const overBatch = (name: string, dx: Value) =>
      request.summed && !isWeight(name) && dx.shape?.length !== 0
        ? g.reduceSum(dx, { axes: [0], keepdims: true })
        : dx;
    withRespectTo.forEach((name, i) => addOutput(name, overBatch(name, dxs[i]!)));
    return g.build();
  }

  const { g, rules, value, xs } = startGraph({});
  const fedInputs = [...g.inputs];
  const dyName = g.freshName("dy");
  // Unknown names and operators without a gradient are reported now, not at the first run.
  for (const name of values) g.value(valueName(name));
  if (!rules && xs.length > 0) checkDifferentiable(g, value, xs);
  const options = {
    threads,
    shareKernels: false,
    verify: false,
    isolate: false,
    worker: false,
    signal: undefined,
  };
  const trial = await openOnOnnx(doublingGraph(), { ...options, device: request.device });
  await trial.free();
  const { device } = trial;
  const block = await blockSize(device);
  const graphs = graphCache((graphRequest: GraphRequest) => {
    const model = compile(graphRequest, device);
    return openOnOnnx(block === undefined ? model : sumsInBlocks(model, block), {
      ...options,
      device,
    });
  });

  return {
    engine: "onnx",
    device,
    inputs: fedInputs,
    block,
    async run(tensors, dy) {
      const shapes = Object.entries(tensors).map(([name, { shape }]) => [name, shape] as const);
      const isForwardOnly = withRespectTo.length === 0;
      const graphRequest = {
        shapes: isForwardOnly ? {} : Object.fromEntries(shapes),
        dy: dy && !isForwardOnly ? { dtype: dy.dtype, shape: dy.shape } : undefined,
      };
      const results = await graphs.use(graphRequest, async (opened) =>
        Object.values(await opened.run(graphRequest.dy ? { ...tensors, [dyName]: dy! } : tensors)),
      );
      return resultOf(results);
    },
    free: graphs.free,
  };

  function resultOf([value, ...others]: readonly Tensor[]): GradientResult {
    const dxs = others.slice(values.length);
    const inKerasLayout = (name: string, dx: Tensor) => {
      const weight = graph.weights.get(name);
      return weight ? fromInput(weight, dx) : dx;
    };
    return {
      value: value!,
      values: Object.fromEntries(values.map((name, i) => [name, others[i]!])),
      gradients: Object.fromEntries(
        withRespectTo.map((name, i) => [name, inKerasLayout(name, dxs[i]!)]),
      ),
    };
  }
}

/** The inputs that have gradients; all, where none has, for the error. */
function defaultsOf(inputs: readonly ValueInfo[]): string[] {
  const floats = inputs.filter(({ dtype }) => dtype.includes("float"));
  return (floats.length > 0 ? floats : inputs).map(({ name }) => name);
}

function graphOfModel(graphModel: OnnxModel): NamedGraph {
  const model = upgradeModel(graphModel);
  return {
    model,
    output: model.graph.outputs[0]?.name ?? "",
    layers: new Map(),
    weights: new Map(),
  };
}

function graphOfKeras({ network, weights }: KerasSource, request: GradientRequest): NamedGraph {
  const g = new GraphBuilder({ name: network.name });
  const inputs = declareInputs(g, network);
  const keys = new Set(weightSpecs(network).map(({ key }) => key));
  const requested = [
    request.of ?? [],
    request.withRespectTo ?? [],
    request.values,
    request.feeds,
  ].flat();
  const layerOrWeightNames = [...new Set(requested)].filter(
    (name) => !inputs.some((input) => input.name === name),
  );
  const weightInputs = new Map<string, WeightInput>();
  const constants = constantWeights(g, weights);
  // Weights stay separate where a gradient by one is requested: a folded weight has none.
  const source: WeightSource = (weight, steps) => {
    const value = constants(weight, steps);
    if (!weightInputs.has(weight.key)) weightInputs.set(weight.key, { weight, steps, value });
    return value;
  };
  const lowered = lower(g, network, {
    inputs,
    weights: layerOrWeightNames.some((name) => keys.has(name)) ? source : weights,
    watch: layerOrWeightNames.filter((name) => !keys.has(name)),
  });
  return {
    model: g.build(),
    output: lowered.outputs[0]!.name,
    layers: lowered.within,
    weights: weightInputs,
  };
}
