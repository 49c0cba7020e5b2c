// The weights of a model in training and the optimizer's slots, stored where the graphs run. Each array has
// versions: the current one, one that a step writes, and, while a step has several batches, one to roll back to.
// So a step neither allocates arrays nor overwrites its inputs, unless it works in place (inPlace.ts). Weights of one name
// are one array for all steps that share weights; slots are each step's own.
import { CajalError, sizeOf, tensor, type Tensor, type Weights } from "@cajal/core";
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

/** A slot, and its elements before the first update. */
interface SlotEntry extends Entry {
  readonly initialValue: number;
}

/** What steps that share weights have in common. */
interface SharedWeights {
  /** Weight → its current version. */
  readonly current: Map<string, number>;
  /** Weight → the layout in which it is stored; Keras' where there is none. */
  readonly layouts: Map<string, WeightInput>;
  /** Weight → how often it was set. */
  readonly revisions: Map<string, number>;
  /** How many steps there have been. */
  steps: number;
}

export class ParameterStore {
  readonly #thread: GraphThread;
  readonly #weights: readonly Entry[];
  readonly #weightNames: ReadonlySet<string>;
  readonly #slots: readonly SlotEntry[];
  readonly #shared: SharedWeights;
  /** Before the names of this step's own arrays, where the thread keeps those of several steps. */
  readonly #prefix: string;
  /** Array of this step's own → its current version. */
  readonly #ownCurrent = new Map<string, number>();
  /** Array → the version to which {@link rollBack} returns. */
  readonly #saved = new Map<string, number>();
  #layouts: ReadonlyMap<string, WeightInput> | undefined;

  /** @param other the store of a step on the same thread, to share its weights */
  constructor(
    thread: GraphThread,
    weights: readonly ModelWeight[],
    { slots }: Pick<Optimizer, "slots">,
    other?: ParameterStore,
  ) {
    this.#thread = thread;
    this.#shared = other
      ? other.#shared
      : { current: new Map(), layouts: new Map(), revisions: new Map(), steps: 0 };
    this.#prefix = other ? `step ${this.#shared.steps}: ` : "";
    this.#shared.steps++;
    this.#weights = weights.map((weight) => ({ name: weight.key, weight }));
    this.#weightNames = new Set(weights.map(({ key }) => key));
    this.#slots = weights
      .filter(({ multiplier }) => multiplier !== undefined)
      .flatMap(
        (weight) =>
        Object.entries(slots).map(([slot, initialValue]) => ({ name: `${weight.key}/${slot}`, weight, initialValue })), // prettier-ignore
      );
  }

  /** Layouts in which graphs read the weights, by key; before {@link setLayouts} none, and weights are stored in Keras' layout. */
  get layouts(): ReadonlyMap<string, WeightInput> {
    return this.#layouts ?? new Map();
  }

  /** Layouts in which the weights are stored, by whichever of the steps that share them. */
  get storedLayouts(): ReadonlyMap<string, WeightInput> {
    return this.#shared.layouts;
  }

  /** Whether it is known how graphs want the weights. */
  get isArranged(): boolean {
    return this.#layouts !== undefined;
  }

  /** Bytes of one version of all arrays. */
  get bytes(): number {
    const entries = [...this.#weights, ...this.#slots];
    return entries.reduce((sum, { weight }) => sum + 4 * sizeOf(weight.shape), 0);
  }

  /**
   * Sets the layouts, and converts the arrays that are stored already.
   *
   * @throws CajalError `unsupported` where a step that shares a weight reads it in another layout
   */
  async setLayouts(layouts: ReadonlyMap<string, WeightInput>): Promise<void> {
    for (const [key, { steps }] of layouts) {
      const stored = this.#shared.layouts.get(key);
      if (stored && JSON.stringify(stored.steps) !== JSON.stringify(steps))
        throw new CajalError(
          "unsupported",
          `weight "${key}": two steps that share it read it in different layouts. Open them without shareWeightsWith, and hand weights over: b.restore(await a.weights(), await b.state()).`,
          { weight: key },
        );
    }
    const [weights, slots] = [await this.readWeights(), await this.readSlots()];
    this.#layouts = layouts;
    for (const [key, layout] of layouts) this.#shared.layouts.set(key, layout);
    if (weights.size > 0) await this.write(weights, slots);
  }

  /** Sets the weights, in Keras' layout, and the slots as they are before the first update. The values are copied. */
  async begin(weights: Weights): Promise<void> {
    await this.write(weights, new Map());
    const arrays = this.#slots.map(({ name, weight: { shape }, initialValue }) => {
      this.#setCurrent(name, 0);
      const data = new Float32Array(sizeOf(shape));
      // New arrays are zeros, and take no memory until they are written.
      return [this.#arrayName(name), initialValue === 0 ? data : data.fill(initialValue)] as const;
    });
    await this.#thread.put(Object.fromEntries(arrays));
  }

  /** Sets the weights and slots that are given, in Keras' layout. The values are copied. */
  async write(weights: Weights, slots: ReadonlyMap<string, Tensor>): Promise<void> {
    const toArrays = (
      entries: readonly Entry[],
      values: ReadonlyMap<string, Tensor>,
      layouts: ReadonlyMap<string, WeightInput>,
    ) =>
      entries.flatMap(({ name, weight }): [string, Float32Array][] => {
        const [value, layout] = [values.get(name), layouts.get(weight.key)];
        if (!value) return [];
        this.#setCurrent(name, 0);
        const data = (layout ? toInput(layout, value) : value).data as Float32Array;
        const isCopy = layout?.steps.some((step) => !("reshape" in step));
        return [[this.#arrayName(name), isCopy ? data : data.slice()]];
      });
    const arrays = [
      ...toArrays(this.#weights, weights, this.#shared.layouts),
      ...toArrays(this.#slots, slots, this.layouts),
    ];
    await this.#thread.put(Object.fromEntries(arrays));
  }

  /** Copies of the weights, in Keras' layout. */
  readWeights = (): Promise<Map<string, Tensor>> => this.#read(this.#weights, this.#shared.layouts);

  /** Copies of the slots, each of its weight's shape, in Keras' layout. */
  readSlots = (): Promise<Map<string, Tensor>> => this.#read(this.#slots, this.layouts);

  async #read(
    entries: readonly Entry[],
    layouts: ReadonlyMap<string, WeightInput>,
  ): Promise<Map<string, Tensor>> {
    const present = entries.filter(({ name }) => this.#currentVersion(name) !== undefined);
    const arrays = await this.#thread.take(present.map(({ name }) => this.current(name)));
    return new Map(
      present.map(({ name, weight: { key, shape } }, i) => {
        const layout = layouts.get(key);
        const extents = layout ? (layout.value.shape as number[]) : shape;
        const value = tensor("float32", extents, arrays[i]!);
        return [name, layout ? fromInput(layout, value) : value];
      }),
    );
  }

  /** The current version of an array. */
  current = (name: string): Ref => [this.#arrayName(name), this.#currentVersion(name)!];

  /** The version that a step writes: neither the current one nor the one to roll back to. */
  next(name: string): Ref {
    const usedVersions = [this.#currentVersion(name), this.#saved.get(name)];
    const version = [0, 1, 2].find((each) => !usedVersions.includes(each))!;
    return [this.#arrayName(name), version];
  }

  /** The name under which the thread keeps an array. */
  #arrayName = (name: string): string => (this.#isWeight(name) ? name : `${this.#prefix}${name}`);

  #isWeight = (name: string): boolean => this.#weightNames.has(name);

  #currentVersion = (name: string): number | undefined =>
    (this.#isWeight(name) ? this.#shared.current : this.#ownCurrent).get(name);

  #setCurrent = (name: string, version: number): void => {
    (this.#isWeight(name) ? this.#shared.current : this.#ownCurrent).set(name, version);
    this.rewritten([name]);
  };

  /** Tells that arrays have been written in place. */
  rewritten(names: readonly string[]): void {
    for (const name of names)
      if (this.#isWeight(name)) this.#shared.revisions.set(name, this.revision(name) + 1);
  }

  /** A number that is another one each time that a weight has been set. */
  revision = (weight: string): number => this.#shared.revisions.get(weight) ?? 0;

  /** Copies of the arrays that a step has written and not yet committed. */
  readPending = (names: readonly string[]): Promise<Float32Array[]> =>
    this.#thread.take(names.map((name) => this.next(name)));

  /** Makes the versions that a step has written current. */
  commit(names: readonly string[]): void {
    for (const name of names) this.#setCurrent(name, this.next(name)[1]);
  }

  /** Sets arrays to zeros, of the given numbers of elements. */
  async zero(sizes: Readonly<Record<string, number>>): Promise<void> {
    for (const name of Object.keys(sizes)) this.#setCurrent(name, 0);
    await this.#thread.zero(
      Object.fromEntries(
        Object.entries(sizes).map(([name, size]) => [this.#arrayName(name), size]),
      ),
    );
  }

  /** Remembers the current versions of weights that training changes without gradients, to roll back to. */
  save(): void {
    for (const { name, weight } of this.#weights)
      if (!weight.trainable) this.#saved.set(name, this.#currentVersion(name)!);
  }

  /** Makes the saved versions current again. */
  rollBack(): void {
    for (const [name, version] of this.#saved) this.#setCurrent(name, version);
    this.#saved.clear();
  }

  /** Forgets the saved versions. */
  release(): void {
    this.#saved.clear();
  }
}
