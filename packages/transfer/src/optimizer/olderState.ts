// In which order the variables of optimizers lie in `.h5` files before Keras 3 (the group `optimizer_weights`).

/** Variables in the order of a file: some alone, then of every trained weight the slots of a group in turn. */
export interface Layout {
  readonly head: readonly string[];
  readonly groups: readonly (readonly string[])[];
  /** Variables alone behind those. */
  readonly tail?: readonly string[];
  /** Where weights come in the order of their names, not of the layers: a weight's name by our key. */
  readonly sortedBy?: (key: string) => string;
  /** Whether a weight has a slot of its group at all; default: each has all. */
  readonly has?: (slot: string, weight: { key: string; shape: readonly number[] }) => boolean;
  /** Whether a variable may have this name in the file. */
  readonly fits?: (key: string, name: string) => boolean;
}

/** How Keras 2 calls the slots that have names of today: `Adam/dense/kernel/m:0`, `Adam/m/dense/kernel:0`. */
const names: Readonly<Record<string, RegExp>> = {
  momentum: /(^|\/)(m|momentum)(:0$|\/)/,
  velocity: /(^|\/)(v|rms|velocity)(:0$|\/)/,
  norm: /(^|\/)(v|u|norm)(:0$|\/)/,
  accumulated_grad: /(^|\/)(accum_grad|accumulated_grad)(:0$|\/)/,
  accumulated_delta_var: /(^|\/)(accum_var|accumulated_delta_var)(:0$|\/)/,
  velocity_hat: /(^|\/)(vhat|velocity_hat)(:0$|\/)/,
  average_gradient: /(^|\/)(mg|average_gradient)(:0$|\/)/,
  accumulator: /(^|\/)accumulator(:0$|\/)/,
};

const fits = (key: string, name: string) => {
  const pattern = names[key.slice(key.lastIndexOf("/") + 1)];
  return pattern === undefined || pattern.test(name);
};

/**
 * The layouts that variables of these names may have, the likeliest first; undefined where Keras 3 wrote them.
 *
 * @param today what the same optimizer keeps in Keras 3
 * @param named the name that a weight has in the file, by our key
 */
export function olderLayouts(
  stored: readonly string[],
  { groups }: Layout,
  named: (key: string) => string,
): readonly Layout[] | undefined {
  // TensorFlow's names of variables; Keras 3 has none of these.
  if (stored.length === 0 || !stored.every((name) => name.endsWith(":0"))) return undefined;
  // 2.11 to 2.15: as Keras 3, and the learning rate among them or not.
  if (stored.some((name) => /(^|\/)iteration:0$/.test(name)))
    return [["iteration"], ["iteration", "learning_rate"]].map((head) => ({ head, groups, fits }));
  const apart = groups.flat().map((slot) => [slot]);
  // TensorFlow's until 2.10: of all weights one slot after the other.
  if (stored.some((name) => /(^|\/)iter:0$/.test(name)))
    return [{ head: ["iteration"], groups: apart, fits }];
  // Keras' own until 2.3, whose variables have no telling names: Adam may keep a third of each weight that it does not
  // use, SGD momenta always, and RMSprop counts no steps before 2.3. Those of the first versions, which sorted weights
  // by name, have no scope "training/" either.
  const sorted = !stored.some((name) => name.startsWith("training/")) && { sortedBy: named };
  return [apart, [...apart, ["unused"]]].flatMap((all) =>
    [["iteration"], []].map((head) => ({ head, groups: all, ...sorted })),
  );
}
