// The weights of a model in training and the optimizer's slots, stored where the graphs run. Each array has
// versions: the current one, one that a step writes, and, while a step has several batches, one to roll back to.
// So a step neither allocates arrays nor overwrites its inputs.
import { sizeOf, tensor, type Tensor, type Weights } from "@cajal/core";
import { fromInput, toInput, type WeightInput } from "@cajal/models";
import type { ModelWeight } from "../../../step/model";
import type { Optimizer } from "../../../step/trainStep";
import type { Ref } from "../thread/graphHost.js";
import type { GraphThread } from "../thread/graphThread";

/** A weight or one of its slots, by the name of its array: `layer/weight`, `layer/weight/slot`. */
interface Entry {
  readonly name: string;
  readonly weight: ModelWeight;
}

export class ParameterStore {
  readonly #thread: GraphThread;
  readonly #weights: readonly Entry[];
  readonly #slots: readonly Entry[];
  /** Array → its current version. */
  #current = new Map<string, number>();
  /** Array → the version to which {@link rollBack} returns. */
  readonly #saved = new Map<string, number>();
  #layouts: ReadonlyMap<string, WeightInput> | undefined;

  constructor(
    thread: GraphThread,
    weights: readonly ModelWeight[],
    { slots }: Pick<Optimizer, "slots">,
  ) {
    this.#thread = thread;
    this.#weights = weights.map((weight) => ({ name: weight.key, weight }));
    this.#slots = weights
      .filter(({ multiplier }) => multiplier !== undefined)
      .flatMap((weight) =>
        Object.keys(slots).map((slot) => ({ name: `${weight.key}/${slot}`, weight })),
      );
  }

  /** Layouts in which graphs read the weights, by key; before {@link setLayouts} none, and weights are stored in Keras' layout. */
  get layouts(): ReadonlyMap<string, WeightInput> {
    return this.#layouts ?? new Map();
  }

  /** Whether it is known how graphs want the weights. */
  get isArranged(): boolean {
    return this.#layouts !== undefined;
  }

  /** Sets the layouts, and converts the arrays that are stored already. */
  async setLayouts(layouts: ReadonlyMap<string, WeightInput>): Promise<void> {
    const [weights, slots] = [await this.readWeights(), await this.readSlots()];
    this.#layouts = layouts;
    if (weights.size > 0) await this.write(weights, slots);
  }

  /** Sets all weights and slots, given in Keras' layout. The values are copied. */
  async write(weights: Weights, slots: ReadonlyMap<string, Tensor>): Promise<void> {
    const toArray = ({ name, weight }: Entry, values: ReadonlyMap<string, Tensor>) => {
      const layout = this.layouts.get(weight.key);
      const value = values.get(name)!;
      return [
        name,
        (layout ? toInput(layout, value) : value).data.slice() as Float32Array,
      ] as const;
    };
    const arrays = Object.fromEntries([
      ...this.#weights.map((entry) => toArray(entry, weights)),
      ...this.#slots.map((entry) => toArray(entry, slots)),
    ]);
    this.#current = new Map(Object.keys(arrays).map((name) => [name, 0]));
    await this.#thread.put(arrays);
  }

  /** Copies of the weights, in Keras' layout. */
  readWeights = (): Promise<Map<string, Tensor>> => this.#read(this.#weights);

  /** Copies of the slots, each of its weight's shape, in Keras' layout. */
  readSlots = (): Promise<Map<string, Tensor>> => this.#read(this.#slots);

  async #read(entries: readonly Entry[]): Promise<Map<string, Tensor>> {
    const present = entries.filter(({ name }) => this.#current.has(name));
    const arrays = await this.#thread.take(present.map(({ name }) => this.current(name)));
    return new Map(
      present.map(({ name, weight: { key, shape } }, i) => {
        const layout = this.layouts.get(key);
        const extents = layout ? (layout.value.shape as number[]) : shape;
        const value = tensor("float32", extents, arrays[i]!);
        return [name, layout ? fromInput(layout, value) : value];
      }),
    );
  }

  /** The current version of an array. */
  current = (name: string): Ref => [name, this.#current.get(name)!];

  /** The version that a step writes: neither the current one nor the one to roll back to. */
  next(name: string): Ref {
    const usedVersions = [this.#current.get(name), this.#saved.get(name)];
    return [name, [0, 1, 2].find((version) => !usedVersions.includes(version))!];
  }

  /** Copies of the arrays that a step has written and not yet committed. */
  readPending = (names: readonly string[]): Promise<Float32Array[]> =>
    this.#thread.take(names.map((name) => this.next(name)));

  /** Makes the versions that a step has written current. */
  commit(names: readonly string[]): void {
    for (const name of names) this.#current.set(name, this.next(name)[1]);
  }

  /** Sets arrays to zeros, of the given numbers of elements. */
  async zero(sizes: Readonly<Record<string, number>>): Promise<void> {
    for (const name of Object.keys(sizes)) this.#current.set(name, 0);
    await this.#thread.zero(sizes);
  }

  /** Remembers the current versions of weights that training changes without gradients, to roll back to. */
  save(): void {
    for (const { name, weight } of this.#weights)
      if (!weight.trainable) this.#saved.set(name, this.#current.get(name)!);
  }

  /** Makes the saved versions current again. */
  rollBack(): void {
    for (const [name, version] of this.#saved) this.#current.set(name, version);
    this.#saved.clear();
  }

  /** Forgets the saved versions. */
  release(): void {
    this.#saved.clear();
  }
}

/** The optimizer's slots before the first update, in Keras' layout. */
export const initialSlots = (
  weights: readonly ModelWeight[],
  { slots }: Pick<Optimizer, "slots">,
): ReadonlyMap<string, Tensor> =>
  new Map(
    weights
      .filter(({ multiplier }) => multiplier !== undefined)
      .flatMap(({ key, shape }) =>
        Object.entries(slots).map(([slot, value]): [string, Tensor] => [
          `${key}/${slot}`,
          tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(value)),
        ]),
      ),
  );
