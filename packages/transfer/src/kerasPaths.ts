// Where Keras 3 saves each weight in `.weights.h5` and in the `model.weights.h5` of a `.keras` file
// (keras/src/saving/saving_lib.py): layers have no names there but their class and a number, counted among
// the layers of that class in the order of the config, in each model anew.
import { readKeras, type ModelConfig, type ModelWeight, type NetworkLayer } from "@cajal/models";

/** What is asked of a weight: its key and its shape in Keras' layout. */
export type SavedWeight = Pick<ModelWeight, "key" | "shape" | "dtype">;

/** Path → the key of the weight that lies there: `layers/conv2d_1/vars/0` → "conv2/kernel". */
export function kerasPaths(
  model: ModelConfig,
  layers: readonly NetworkLayer[],
): ReadonlyMap<string, SavedWeight> {
  const paths = new Map<string, SavedWeight>();
  walk(model, layers, "");
  return paths;

  function walk({ config }: ModelConfig, layers: readonly NetworkLayer[], at: string) {
    const counts = new Map<string, number>();
    const byName = new Map(layers.map((layer) => [layer.name, layer]));
    for (const entry of config.layers) {
      const layer = byName.get(entry.name);
      const className = layer?.layer?.definition.classInKeras ?? entry.class_name;
      const kind = snakeCase(className.slice(className.indexOf(">") + 1));
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      const path = `${at}layers/${kind}${count > 0 ? `_${count}` : ""}/`;
      if (!layer) continue;
      if (layer.layers) walk(readKeras(entry), layer.layers, path);
      else add(layer, path);
    }
  }

  function add({ layer, weights }: NetworkLayer, path: string) {
    const counts = new Map<string, number>();
    // Saved in both places.
    const tracked = layer?.definition.tracked?.(layer.config) ?? [];
    for (const [number, name] of tracked.entries())
      paths.set(
        `${path}vars/${number}`,
        weights.find((weight) => weight.name === name)!,
      );
    counts.set(path, tracked.length);
    for (const weight of weights) {
      const place = path + placeOf(layer, weight.name);
      const number = counts.get(place) ?? 0;
      counts.set(place, number + 1);
      paths.set(`${place}vars/${number}`, weight);
    }
  }
}

/** The attributes that lead to a weight within its layer: "cell/", "forward_layer/cell/". */
function placeOf(layer: NetworkLayer["layer"], name: string): string {
  const parts = layer?.definition.parts?.(layer.config) ?? {};
  for (const [prefix, part] of Object.entries(parts))
    if (name.startsWith(`${prefix}/`))
      return `${part.attribute}/${placeOf(part.layer, name.slice(prefix.length + 1))}`;
  return "";
}

/** `keras.src.utils.naming.to_snake_case`: "Conv2DTranspose" → "conv2d_transpose". */
export const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
