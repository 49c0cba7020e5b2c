// What JSON of Keras before 3 and of TF.js means otherwise, brought to what Keras 3 means by it.

/** What Keras 2 and TF.js call hard_sigmoid, in a name of ours: clip(0.2 x + 0.5, 0, 1). */
const keras2HardSigmoid = "keras2_hard_sigmoid";

/** The config of an older Keras, or a part of it, with the meaning that it has in Keras 3. */
export function asKeras3<T>(config: T): T {
  return withResets(replaceActivation(config, "hard_sigmoid", keras2HardSigmoid));
}

/** With the activation that only older Keras has under its name there; itself where there is none. */
export const asKeras2 = <T>(config: T): T =>
  replaceActivation(config, keras2HardSigmoid, "hard_sigmoid");

/** The same where nothing is replaced. */
function replaceActivation<T>(given: T, name: string, by: string): T {
  return rewritten(given, (key, value) =>
    key.endsWith("activation") && value === name ? by : value,
  );
}

/** A GRU that did not say how it resets did so before its product. */
function withResets<T>(given: T): T {
  return rewritten(given, (_, value) => {
    if (typeof value !== "object" || value === null) return value;
    if (!("class_name" in value) || value.class_name !== "GRU" || !("config" in value))
      return value;
    const { config } = value;
    if (typeof config !== "object" || config === null) return value;
    return { ...value, config: { reset_after: false, ...config } };
  });
}

/** JSON with `change` applied to every property, innermost first; itself where nothing changes. */
function rewritten<T>(given: T, change: (key: string, value: unknown) => unknown): T {
  if (typeof given !== "object" || given === null) return given;
  let changed = false;
  const entries = Object.entries(given).map(([key, value]: [string, unknown]) => {
    const now = change(key, rewritten(value, change));
    changed ||= now !== value;
    return [key, now] as const;
  });
  if (!changed) return given;
  return (
    Array.isArray(given) ? entries.map(([, value]) => value) : Object.fromEntries(entries)
  ) as T;
}
