// Builds a Keras model as a TF.js LayersModel: its JSON is read by TF.js, with layers and activations that TF.js
// lacks or computes differently replaced (layers/, activations.ts).
import { CajalError, showShape, type DType } from "@cajal/core";
import {
  layers as cajals,
  toKerasJson,
  type KerasShape,
  type ModelConfig,
  type Network,
  type NetworkLayer,
  type TfjsContext,
} from "@cajal/models";
import type * as tfc from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { engineError } from "../../session/engineError";
import type { Tfjs } from "./backend";
import { activationName } from "./activations";
import { tfjsName } from "./names";
import { withTypes } from "./dtypes";
import { tfjsType } from "./tensors";
import { flatModel, type MaskSlots } from "./flat";
import type { TfjsLayer } from "./layers/layer";
import { loweredLayer } from "./lowered";
import { tfjsLayerOf } from "./layers";
import {
  channelsFirstClass,
  inChannelsLast,
  tfjsLayer,
  type CustomObjects,
  type LayerClass,
} from "./channelsFirst";

export interface TfjsModel {
  readonly model: tfl.LayersModel;
  /** `layer/weight` → its variable, in Keras' order. */
  readonly variables: ReadonlyMap<string, tfl.LayerVariable>;
  /** The layers by their paths, those of nested models too. */
  readonly layers: ReadonlyMap<string, tfl.layers.Layer>;
}

/**
 * Builds the model on the device; all weights are zeros. Regularizers and constraints are left out.
 *
 * @throws CajalError `unsupported` for a layer that neither TF.js nor Cajal has for TF.js
 */
export async function tfjsModel(tfjs: Tfjs, network: Network): Promise<TfjsModel> {
  const { model, added: customLayers } = network;
  const layers = withCallOptions(network);
  const configs = new Map(layerConfigs(toKerasJson(withoutMasks(model), { layers: customLayers })));
  const customObjects: CustomObjects = {};
  const flat = flatModel(tfjs, { ...network, layers }, customObjects);
  const adapted = {
    class_name: "Model",
    config: {
      name: network.name,
      layers: [
        ...flat.layers.map(({ layer, masks, inbound }) => {
          const { path, inputs, layer: inner } = layer;
          const json = adaptLayer(tfjs, configs.get(path)!, inner!, { inputs, masks, customObjects }); // prettier-ignore
          // TF.js names a layer by its config.
          const name = tfjsName(path);
          return { ...json, name, config: { ...json.config, name }, inbound_nodes: inbound };
        }),
        ...flat.addedLayers,
      ],
      input_layers: flat.inputs,
      output_layers: flat.outputs,
    },
  };
  // A copy, because TF.js modifies its argument.
  const topology: Parameters<typeof tfl.models.modelFromJSON>[0] = JSON.parse(
    JSON.stringify(adapted),
  );
  const tfModel = await tfjs
    .runOnBackend(() =>
      tfjs.layers.models.modelFromJSON(
        topology,
        Object.assign<tfc.serialization.ConfigDict, CustomObjects>({}, customObjects),
      ),
    )
    .catch((cause: unknown) => {
      throw engineError("tfjs", `building the model "${network.name}"`, cause);
    });
  const used = flat.layers.map(({ layer }) => layer);
  const byPath = new Map(layersOf(tfModel, used));
  tfjs.runOnBackend(() => withTypes(tfjs, network, byPath));
  for (const layer of tfModel.layers) withOwnArguments(layer);
  return { model: tfModel, variables: new Map(variablesOf(tfModel, used)), layers: byPath };
}

/** In training TF.js hands one object to all layers, and a recurrent one leaves in it the states that it starts from. */
function withOwnArguments(layer: tfl.layers.Layer): void {
  const apply = layer.apply.bind(layer);
  layer.apply = (inputs, kwargs) => apply(inputs, kwargs && { ...kwargs });
}

/** The network's layers with the options of their calls, which on TF.js must be the same in every call. */
function withCallOptions({ calls, layers }: Network): readonly NetworkLayer[] {
  const innerLayers = new Map<NetworkLayer, InnerLayer>();
  for (const { layer, inner } of calls) {
    const previous = innerLayers.get(layer) ?? inner;
    if (JSON.stringify(optionsOf(previous)) !== JSON.stringify(optionsOf(inner)))
      throw new CajalError(
        "unsupported",
        `layer "${layer.path}" (${layer.className}): its calls say different things beside their inputs, which engine tfjs does not do. Use engine onnx.`,
        { layer: layer.path, engine: "tfjs" },
      );
    innerLayers.set(layer, inner);
  }
  const visit = (layer: NetworkLayer): NetworkLayer => {
    const inner = innerLayers.get(layer);
    return {
      ...layer,
      ...(inner && { layer: inner }),
      ...(layer.layers && { layers: layer.layers.map(visit) }),
    };
  };
  return layers.map(visit);
}

const optionsOf = ({ definition, config }: InnerLayer) =>
  Object.keys(definition.callOptions ?? {}).map((key) => config[key]);

type Config = Readonly<Record<string, unknown>>;
type InnerLayer = NonNullable<NetworkLayer["layer"]>;

interface LayerJson {
  readonly class_name: string;
  readonly config: Config;
}

interface Surroundings {
  /** Shapes of the inputs; none where they are not known. */
  readonly inputs: readonly KerasShape[];
  readonly masks: MaskSlots;
  readonly customObjects: CustomObjects;
}

/** The JSON of each layer that is no model, by its path. */
function* layerConfigs(
  { config }: Pick<ModelConfig, "config">,
  prefix = "",
): Generator<[string, LayerJson]> {
  for (const { class_name, name, config: layer } of config.layers)
    if ("layers" in layer && "output_layers" in layer)
      yield* layerConfigs({ config: layer as ModelConfig["config"] }, `${prefix}${name}/`);
    else yield [`${prefix}${name}`, { class_name, config: layer }];
}

/** A model's JSON without the masks in its calls, which are not looked for in it. */
function withoutMasks<T>(json: T, inCalls = false): T {
  if (Array.isArray(json)) return json.map((each) => withoutMasks(each, inCalls)) as T;
  if (typeof json !== "object" || json === null || ArrayBuffer.isView(json)) return json;
  const entries = Object.entries(json).filter(
    ([key]) => !(inCalls && /^((query|value|key|attention)_)?mask$/.test(key)),
  );
  return Object.fromEntries(
    entries.map(([key, value]) => [key, withoutMasks(value, inCalls || key === "inbound_nodes")]),
  ) as T;
}

function adaptLayer(
  tfjs: Tfjs,
  { class_name, config }: LayerJson,
  layer: InnerLayer,
  surroundings: Surroundings,
): LayerJson {
  const { inputs, masks, customObjects } = surroundings;
  const { channelsLast } = layer.definition;
  if (channelsLast && masks.length === 0) {
    const ending = channelsLast.ending?.(layer.config);
    const channelsLastLayer = { ...layer, definition: channelsLast, ...ending?.without };
    const channelsLastJson = {
      class_name,
      config: {
        ...config,
        data_format: "channels_last",
        ...(ending?.without && { activation: "linear" }),
      },
    };
    const channelsLastInputs = inputs.map((shape) => inChannelsLast(layer.definition, shape));
    const adaptedJson = adaptLayer(tfjs, channelsLastJson, channelsLastLayer, {
      ...surroundings,
      inputs: channelsLastInputs,
    });
    const className = `Cajal${Object.keys(customObjects).length}${class_name}`;
    const make = () => tfjsLayer(tfjs, adaptedJson, customObjects);
    customObjects[className] = [
      channelsFirstClass(tfjs, layer, make),
      (make, args) => new make(args),
    ];
    const { name = layer.name, trainable = true } = config;
    return { class_name: className, config: { name, trainable } };
  }
  const formula = userFormula(layer) ?? builtInFormula(class_name, layer, inputs);
  const classNames = tfjs.tf.serialization.SerializationMap.getMap().classNameMap;
  const hasLayer = Object.hasOwn(classNames, class_name);
  const isRefused = formula?.refuses?.(layer.config) ?? false;
  const isMasked = masks.length > 0;
  const isQuantized = layer.definition.quantization !== undefined;
  const isLowered =
    isCajals(class_name) && (isMasked || isRefused || isQuantized || (!formula && !hasLayer));
  if (isMasked && !isLowered)
    throw new CajalError(
      "unsupported",
      `layer "${layer.name}" (${class_name}): it computes by a mask, which its \`tfjs\` form does not get. Use engine onnx.`,
      { layer: layer.name, className: class_name, engine: "tfjs" },
    );
  const replacement = isLowered ? loweredLayer(layer, config, masks) : formula;
  if (replacement && !replacement.refuses?.(layer.config)) {
    const className = `Cajal${Object.keys(customObjects).length}${class_name}`;
    customObjects[className] = [
      layerClass(tfjs, layer, replacement, masks.length),
      (make, args) => new make(args),
    ];
    const { name = layer.name, trainable = true } = config;
    return { class_name: className, config: { name, trainable } };
  }
  if (replacement || !hasLayer)
    throw new CajalError(
      "unsupported",
      `layer "${layer.name}" (${class_name}): TF.js has no layer that does this, and Cajal none for it. Use engine onnx${isCajals(class_name) ? "" : ", or give your layer its `tfjs` form"}.`,
      { layer: layer.name, className: class_name, engine: "tfjs" },
    );
  const adapted = Object.entries(config).map(([key, value]): [string, unknown] => {
    if (key === "mask_zero") return [key, false];
    if (layer.definition.isInput && key === "dtype") return [key, tfjsType(value as DType)];
    // Weights are set afterwards: TF.js would take seconds to draw random ones.
    if (key.endsWith("_initializer") && value !== null) return [key, "zeros"];
    if (/_(regularizer|constraint)$/.test(key)) return [key, null];
    const inner = layer.config[key];
    // The resolved name: JSON has Keras 2's names.
    if (/(^|_)activation$/.test(key) && typeof inner === "string")
      return [key, activationName(tfjs.tf, inner)];
    if (isInnerLayer(inner)) {
      const json = adaptLayer(tfjs, value as LayerJson, inner, { inputs: [], masks: [], customObjects }); // prettier-ignore
      return [key, { ...json, config: { ...json.config, name: tfjsName(inner.name) } }];
    }
    return [key, value];
  });
  return { class_name, config: Object.fromEntries(adapted) };
}

/** The built-in formula, where TF.js' own layer differs from Keras' or does not exist. */
function builtInFormula(
  className: string,
  { config }: InnerLayer,
  inputs: readonly KerasShape[],
): TfjsLayer | undefined {
  const definition = tfjsLayerOf(className);
  const differs = definition?.differs?.(config, inputs) ?? true;
  return (definition?.call || definition?.refuses) && differs ? definition : undefined;
}

/** The formula of a custom layer, from `tfjs` of its definition. */
function userFormula({ definition, name }: InnerLayer): TfjsLayer | undefined {
  if (isCajals(definition.className)) return undefined;
  const { tfjs } = definition;
  return (
    tfjs && {
      className: definition.className,
      call: (config, inputs, { tf, weights, outputs }) => {
        const results = tfjs.call<
          typeof definition,
          [typeof config, readonly tfc.Tensor[], TfjsContext<tfc.Tensor>],
          tfc.Tensor | readonly tfc.Tensor[]
        >(definition, config, inputs, { tf, weights, outputs });
        if (results === undefined)
          throw new CajalError(
            "engine",
            `layer "${name}" (${definition.className}): its tfjs form gave nothing.`,
            { layer: name },
          );
        return results;
      },
    }
  );
}

const isCajals = (className: string) => cajals.some((layer) => layer.className === className);

const isInnerLayer = (value: unknown): value is InnerLayer =>
  typeof value === "object" && value !== null && "definition" in value;

/** A TF.js layer class for a formula. */
function layerClass(
  { tf, layers }: Tfjs,
  layer: InnerLayer,
  formula: TfjsLayer,
  maskCount: number,
): LayerClass {
  const { definition, config } = layer;
  // Masks come after the inputs.
  const listOf = (shape: tfl.Shape | tfl.Shape[]): tfl.Shape[] => {
    const shapes = Array.isArray(shape[0]) ? (shape as tfl.Shape[]) : [shape as tfl.Shape];
    return shapes.slice(0, shapes.length - maskCount);
  };
  return class extends layers.layers.Layer {
    static readonly className: string = formula.className;
    #names: string[] = [];

    override build(inputShape: tfl.Shape | tfl.Shape[]): void {
      const specs = definition.weights?.(config, listOf(inputShape)) ?? [];
      for (const { name, shape, trainable } of trainableFirst(specs)) {
        this.#names.push(name);
        const zeros = layers.initializers.zeros();
        this.addWeight(name, [...shape], "float32", zeros, undefined, trainable);
      }
      this.built = true;
    }

    override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
      const shapes = definition.shape(config, listOf(inputShape)).map((shape) => [...shape]);
      return shapes.length === 1 ? shapes[0]! : shapes;
    }

    override call(inputs: tfc.Tensor | tfc.Tensor[], kwargs: Config): tfc.Tensor | tfc.Tensor[] {
      return tf.tidy(() => {
        const weights = Object.fromEntries(
          this.weights.map((variable, i) => [this.#names[i]!, variable.read()]),
        );
        if (formula.inferenceOnly && kwargs["training"] === true)
          throw new CajalError(
            "unsupported",
            `layer "${layer.name}" (${formula.className}): it does not train on engine tfjs as it is. Use engine onnx.`,
            { layer: layer.name, className: formula.className, engine: "tfjs" },
          );
        // A TF.js layer is called on at least one tensor.
        const tensors = [inputs].flat() as [tfc.Tensor, ...tfc.Tensor[]];
        const shapes = definition.shape(
          config,
          tensors.slice(0, tensors.length - maskCount).map(({ shape }) => shape),
        );
        const outputs = formula.call!(config, tensors, {
          tf,
          weights,
          outputs: shapes,
          training: kwargs["training"] === true,
          differentiated: kwargs["training"] === true || tf.engine().state.gradientDepth > 0,
          assign: (name, value) => this.weights[this.#names.indexOf(name)]!.write(value),
        });
        if (!isList(outputs)) return outputs;
        return outputs.length === 1 ? outputs[0]! : [...outputs];
      });
    }
  };
}

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);

/** TF.js' layers by their paths. */
const layersOf = (
  model: tfl.LayersModel,
  layers: readonly NetworkLayer[],
): (readonly [path: string, layer: tfl.layers.Layer])[] =>
  layers.map(({ path }) => [path, model.getLayer(tfjsName(path))] as const);

/** Trainable weights first, then the others: TF.js' order, and Keras' for nearly all layers. */
const trainableFirst = <T extends { readonly trainable: boolean }>(weights: readonly T[]): T[] => [
  ...weights.filter(({ trainable }) => trainable),
  ...weights.filter(({ trainable }) => !trainable),
];

/** The variables by Keras' keys; TF.js has names of its own for them. */
function* variablesOf(
  model: tfl.LayersModel,
  layers: readonly NetworkLayer[],
): Generator<[string, tfl.LayerVariable]> {
  for (const layer of layers) {
    const tfLayer = model.getLayer(tfjsName(layer.path));
    const { definition, config } = layer.layer!;
    const specs = definition.weights?.(config, layer.inputs) ?? [];
    const order = trainableFirst(specs).map(({ name }) => name);
    for (const { key, name, shape } of layer.weights) {
      const variable = tfLayer.weights[order.indexOf(name)];
      if (showShape(variable?.shape ?? []) !== showShape(shape))
        throw new CajalError(
          "unsupported",
          `layer "${layer.path}" (${layer.className}): TF.js has a weight ${variable ? showShape(variable.shape) : "fewer"} where Keras has "${key}" ${showShape(shape)}. Use engine onnx.`,
          { key, shape },
        );
      yield [key, variable!];
    }
  }
}
