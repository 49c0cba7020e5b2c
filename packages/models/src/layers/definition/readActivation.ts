// An activation as a layer's config has it: a name, a function's object, or a layer in its place.
import { CajalError, unknownName } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import {
  activationNames,
  activationOf,
  canonicalActivation,
  nameOfLayer,
  type Activation,
} from "./activations";
import type { Place } from "./place";
import { showConfigValue } from "./shown";

/** A layer within a layer's config, as far as it matters here. */
interface LayerWithin {
  readonly definition: {
    readonly className: string;
    readonly fields: object;
    readonly aliases?: Readonly<Record<string, string>>;
    asActivation?(config: object): string | Omit<Activation, "lower" | "layer"> | undefined;
    lower(config: object, inputs: readonly [Value], g: GraphBuilder, context: object): readonly Value[]; // prettier-ignore
  };
  readonly config: Readonly<Record<string, unknown>>;
}

/** The name of an activation that is given as a layer. */
function layerActivation(raw: object, at: Place): string | undefined {
  if (!("class_name" in raw) || raw.class_name === "function") return undefined;
  const layer = at.layer(raw, at) as LayerWithin | undefined;
  if (!layer) return undefined;
  const { definition, config } = layer;
  const facts = definition.asActivation?.(config);
  if (facts === undefined)
    throw new CajalError(
      "unsupported",
      `${at.where}, "${at.key}": got the layer ${definition.className} ${showConfigValue(config)}, which Cajal does not compute as an activation. Put it behind this one, as a layer of its own.`,
      { className: definition.className },
    );
  if (typeof facts === "string") return facts;
  const oldNames = new Map(
    Object.entries(definition.aliases ?? {}).map(([old, key]) => [key, old]),
  );
  const entries = Object.keys(definition.fields).map((key) => [oldNames.get(key) ?? key, config[key]] as const); // prettier-ignore
  return nameOfLayer({
    ...facts,
    lower: (x, g) => definition.lower(config, [x], g, { dtype: "float32" })[0]!,
    // By the names of old, which Keras 3 reads too.
    layer: { class_name: definition.className, config: Object.fromEntries(entries) },
  });
}

/** The name of an activation as Keras 2 and 3 write it: a name, a function's object, or a layer. */
export function readActivation(raw: unknown, at: Place): string | undefined {
  if (typeof raw === "object" && raw !== null) {
    const layer = layerActivation(raw, at);
    if (layer !== undefined) return layer;
  }
  let name: unknown = raw ?? "linear";
  // Keras 3 may write {"module": "builtins", "class_name": "function", "config": "relu"}.
  if (
    typeof name === "object" &&
    name !== null &&
    "config" in name &&
    typeof name.config === "string"
  )
    name = name.config;
  if (typeof name !== "string") return undefined;
  const canonical = canonicalActivation(name);
  if (!activationOf(canonical)) {
    const error = unknownName("activation", name, activationNames);
    throw new CajalError(
      "unknown-name",
      `${at.where}, "${at.key}": ${error.message} A function of your own is not in the file: name one of these in its place, or make this one "linear" and put a layer of your own after it, { layers: [defineLayer(…)] }.`,
      error.facts,
    );
  }
  return canonical;
}
