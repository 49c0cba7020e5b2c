// What JSON of Keras before 3 and of TF.js means otherwise, brought to what Keras 3 means by it.
import { activationNames, activationOf } from "../layers/definition/activations";
import { layerOf } from "./layerOf";

/** The config of an older Keras, or a part of it, with the meaning that it has in Keras 3. */
export const asKeras3 = <T>(config: T): T =>
  withDefaults(
    withActivations(config, (name) => {
      const otherName = activationNames.find((each) => activationOf(each)?.keras2 === name);
      return otherName !== undefined && activationOf(otherName)?.keras2Only ? otherName : name;
    }),
  );

/** Activations that Keras 3 does not have by their names in older Keras; itself where there are none. */
export const asKeras2 = <T>(config: T): T =>
  withActivations(config, (name) => {
    const { keras2, keras2Only } = activationOf(name) ?? {};
    return keras2Only && keras2 !== undefined ? keras2 : name;
  });

/** With other names for activations; the same object where none changes. */
const withActivations = <T>(config: T, rename: (name: string) => string): T =>
  rewrite(config, (key, value) =>
    key.endsWith("activation") && typeof value === "string" ? rename(value) : value,
  );

/** With the fields that older Keras left out where they were not what they are in Keras 3 by default. */
const withDefaults = <T>(model: T): T =>
  rewrite(model, (_, value) => {
    if (typeof value !== "object" || value === null) return value;
    if (!("class_name" in value) || !("config" in value)) return value;
    const { class_name, config } = value;
    const defaults =
      typeof class_name === "string" ? layerOf(class_name)?.keras2Defaults : undefined;
    if (!defaults || typeof config !== "object" || config === null) return value;
    return { ...value, config: { ...defaults, ...config } };
  });

/** JSON with `change` applied to every property, innermost first; itself where nothing changes. */
function rewrite<T>(json: T, change: (key: string, value: unknown) => unknown): T {
  if (typeof json !== "object" || json === null) return json;
  let hasChanged = false;
  const entries = Object.entries(json).map(([key, value]: [string, unknown]) => {
    const newValue = change(key, rewrite(value, change));
    hasChanged ||= newValue !== value;
    return [key, newValue] as const;
  });
  if (!hasChanged) return json;
  return (
    Array.isArray(json) ? entries.map(([, value]) => value) : Object.fromEntries(entries)
  ) as T;
}
