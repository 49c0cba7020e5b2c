// The weights of a model in training and the optimizer's slots, kept where the graphs run. Each array has
// versions: one that counts, one that a step writes, and while a step has several batches one to go back to.
// So a step neither allocates arrays nor overwrites what it began with.
import { sizeOf, tensor, type Tensor, type Weights } from "@cajal/core";
import { fromInput, toInput, type WeightInput } from "@cajal/models";
import type { ModelWeight } from "../../../step/model";
import type { Optimizer } from "../../../step/trainStep";
import type { Ref } from "../thread/graphHost.js";
import type { GraphThread } from "../thread/graphThread";

/** A weight or a slot of it, by the name of its array: `layer/weight`, `layer/weight/slot`. */
interface Entry {
  readonly name: string;
  readonly weight: ModelWeight;
}

export class ParameterStore {
  readonly #thread: GraphThread;
  readonly #weights: readonly Entry[];
  readonly #slots: readonly Entry[];
  /** Array → the version that counts. */
  #current = new Map<string, number>();
  /** Array → the version to which {@link rollBack} goes. */
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

  /** How graphs want the weights, by key; none before {@link arrange}: then they are kept as Keras has them. */
  get layouts(): ReadonlyMap<string, WeightInput> {
    return this.#layouts ?? new Map();
  }

  /** Whether it is known how graphs want the weights. */
  get isArranged(): boolean {
    return this.#layouts !== undefined;
  }

  /** From now on arrays are kept as the graphs want them; what is there already is laid out anew. */
  async arrange(layouts: ReadonlyMap<string, WeightInput>): Promise<void> {
    const [weights, slots] = [await this.readWeights(), await this.readSlots()];
    this.#layouts = layouts;
    if (weights.size > 0) await this.write(weights, slots);
  }

  /** Weights and slots take these values, of Keras' layout. They are copied. */
  async write(weights: Weights, slots: ReadonlyMap<string, Tensor>): Promise<void> {
    const stored = ({ name, weight }: Entry, values: ReadonlyMap<string, Tensor>) => {
      const layout = this.layouts.get(weight.key);
      const value = values.get(name)!;
      return [
        name,
        (layout ? toInput(layout, value) : value).data.slice() as Float32Array,
      ] as const;
    };
    const arrays = Object.fromEntries([
      ...this.#weights.map((entry) => stored(entry, weights)),
      ...this.#slots.map((entry) => stored(entry, slots)),
    ]);
    this.#current = new Map(Object.keys(arrays).map((name) => [name, 0]));
    await this.#thread.put(arrays);
  }

  /** Copies of the weights, in Keras' layout. */
  readWeights = (): Promise<Map<string, Tensor>> => this.#read(this.#weights);

  /** Copies of the slots, each of its weight's shape, in Keras' layout. */
  readSlots = (): Promise<Map<string, Tensor>> => this.#read(this.#slots);

  async #read(entries: readonly Entry[]): Promise<Map<string, Tensor>> {
    const kept = entries.filter(({ name }) => this.#current.has(name));
    const arrays = await this.#thread.take(kept.map(({ name }) => this.current(name)));
    return new Map(
      kept.map(({ name, weight: { key, shape } }, i) => {
        const layout = this.layouts.get(key);
        const extents = layout ? (layout.value.shape as number[]) : shape;
        const value = tensor("float32", extents, arrays[i]!);
        return [name, layout ? fromInput(layout, value) : value];
      }),
    );
  }

  /** The version of an array that counts. */
  current = (name: string): Ref => [name, this.#current.get(name)!];

  /** The version that a step writes: neither the one that counts nor one to go back to. */
  next(name: string): Ref {
    const taken = [this.#current.get(name), this.#saved.get(name)];
    return [name, [0, 1, 2].find((version) => !taken.includes(version))!];
  }

  /** What a step has written and is not yet committed. */
  written = (names: readonly string[]): Promise<Float32Array[]> =>
    this.#thread.take(names.map((name) => this.next(name)));

  /** What a step has written counts. */
  commit(names: readonly string[]): void {
    for (const name of names) this.#current.set(name, this.next(name)[1]);
  }

  /** Arrays of zeros, of those numbers of elements; they count. */
  async zero(sizes: Readonly<Record<string, number>>): Promise<void> {
    for (const name of Object.keys(sizes)) this.#current.set(name, 0);
    await this.#thread.zero(sizes);
  }

  /** Keeps the versions that count of what training changes without gradients, to go back to. */
  save(): void {
    for (const { name, weight } of this.#weights)
      if (!weight.trainable) this.#saved.set(name, this.#current.get(name)!);
  }

  /** What was saved counts again. */
  rollBack(): void {
    for (const [name, version] of this.#saved) this.#current.set(name, version);
    this.#saved.clear();
  }

  /** Forgets what was saved. */
  release(): void {
    this.#saved.clear();
  }
}

/** What the optimizer keeps before the first update, in Keras' layout. */
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
