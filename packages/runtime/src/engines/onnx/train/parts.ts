// A step of a small network in parts: each thread computes the gradients of some of the batch's examples, from the first
// layer to the last, and one graph adds them up and updates the weights. An operator of a small batch has little to share
// among threads, which wait for each other at each of hundreds of operators; in parts they wait once a step. No example's
// loss may depend on another example, as it does by batch normalization.
import { isCajalError } from "@cajal/core";
import type { Formulations } from "../../../step/trainStep";
import { inParts, signatureOf, type StepBatch } from "../../../step/batch";
import type { Numbers, StepPosition } from "../../../step/core";
import type { Ref } from "../thread/graphHost.js";
import type { GraphThread, OpenedGraph } from "../thread/graphThread";
import { compileStep } from "./compile";
import { compileUpdate, gradientsOfPart } from "./compileUpdate";
import { type StepGraph, type StepGraphOptions } from "./stepGraph";
import type { FormulationChoices } from "./formulations";
import type { ParameterStore } from "./parameterStore";
import { partCount, partsKey } from "./partCount";
import { fedOf, numbersOf, stepInputs, type MicroBatch } from "./stepInputs";

/** The threads that help the one that keeps the weights; of all steps that share these. */
export class Helpers {
  readonly #thread: GraphThread;
  readonly #begun: GraphThread[] = [];

  constructor(thread: GraphThread) {
    this.#thread = thread;
  }

  /** Whether one has ended before its time. */
  get areLost(): boolean {
    return this.#begun.some(({ hasEnded }) => hasEnded);
  }

  /** The first so many, begun where they were not there yet. */
  async first(count: number): Promise<GraphThread[]> {
    while (this.#begun.length < count) this.#begun.push(await this.#thread.addHelper());
    return this.#begun.slice(0, count);
  }
}

interface PartsOptions {
  readonly thread: GraphThread;
  readonly helpers: Helpers;
  readonly store: ParameterStore;
  readonly options: Omit<StepGraphOptions, "layouts" | "choose" | "recompute">;
  /** Of gradients on one thread. */
  readonly formulations: FormulationChoices;
  readonly seed: number;
  /** How many parts a batch may have; undefined where there are no threads for them. */
  readonly most: number | undefined;
}

interface OpenedPart extends Omit<StepGraph, "model"> {
  readonly graph: OpenedGraph;
}

/** The graphs for batches of one shape. */
interface Opened {
  /** Of the first part on the thread that keeps the weights, of the others on those that help. */
  readonly parts: readonly OpenedPart[];
  readonly update: OpenedPart;
  readonly gradientsLength: number;
}

/** A step that is computed, and not in force yet. */
interface PartsResult {
  /** The parts, and the numbers of each. */
  readonly microBatches: readonly MicroBatch[];
  readonly numbers: readonly Numbers[];
  readonly isFinite: boolean;
  readonly updatedNames: readonly string[];
}

export class StepParts {
  readonly #given: PartsOptions;
  readonly #counts = new Map<string, number>();
  readonly #opened = new Map<string, Promise<Opened>>();
  /** Whether there was a batch for which the limit counts. */
  #hasLimit = false;

  constructor(options: PartsOptions) {
    this.#given = options;
  }

  /** Whether a batch like this one is computed in parts; opens its graphs. */
  async isFor(batch: StepBatch): Promise<boolean> {
    if (this.#count(batch) < 2) return false;
    try {
      await this.#graphs(batch);
      return true;
    } catch (error) {
      // What cannot be compiled for a part may be for the whole.
      if (!isCajalError(error) || error.code === "engine") throw error;
      this.#counts.set(signatureOf(batch), 1);
      return false;
    }
  }

  /** In how many parts a batch like this one is computed; 1: as a whole. */
  #count(batch: StepBatch): number {
    const key = signatureOf(batch);
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const { options, store, most, helpers } = this.#given;
    if (helpers.areLost || most === undefined) return 1;
    const count = partCount(batch, { ...options, layouts: store.layouts }, Math.max(2, most));
    this.#hasLimit ||= count > 1;
    this.#counts.set(key, Math.min(most, count));
    return Math.min(most, count);
  }

  /** The formulations of its gradients, and the limit of its parts, where a batch was in parts, or is where more threads are. */
  chosen(): Formulations {
    const { most, formulations } = this.#given;
    return this.#hasLimit ? { ...formulations.chosen(), [partsKey]: String(most) } : {};
  }

  /** @throws CajalError `engine` */
  async run(batch: StepBatch, position: StepPosition): Promise<PartsResult> {
    const { store, seed, thread } = this.#given;
    const { parts, update, gradientsLength } = await this.#graphs(batch);
    const batches = inParts(batch, parts.length);
    const microBatches = batches.map((part, number): MicroBatch => ({ batch: part, number, share: part.examples / batch.examples })); // prettier-ignore
    const [first, ...others] = parts.map((part, i) => ({
      ...part,
      ...fedOf(part.graph.inputNames, stepInputs(part.feeds, microBatches[i]!, position, seed)),
    }));
    const gradients = first!.outputFor(gradientsOfPart(0));
    const handed = others.map((_, i) => gradientsOfPart(i + 1));
    const inputs = stepInputs(update.feeds, microBatches[0]!, position, seed);
    const { feeds, kept } = fedOf(update.graph.inputNames, inputs);
    const { updatedNames, outputFor } = update;
    const writes = updatedNames.map((name) => [outputFor(name), store.next(name)] as const);
    const results = await thread
      .runParts({
        first: {
          graph: first!.graph,
          feeds: first!.feeds,
          reads: this.#current(first!.kept),
          writes: this.#current([gradientsOfPart(0)], first!.outputFor),
        },
        others: others.map((part) => ({
          number: part.graph.number!,
          feeds: part.feeds,
          kept: part.kept.map((name) => [name, store.current(name), store.revision(name)]),
        })),
        handed: { output: gradients, length: gradientsLength, inputs: handed },
        update: {
          graph: update.graph,
          feeds,
          reads: this.#current(kept.filter((name) => !handed.includes(name))),
          writes: Object.fromEntries(writes),
        },
      })
      .catch((error: unknown) => {
        // Later batches are computed as a whole then.
        if (this.#given.helpers.areLost) this.#counts.clear();
        throw first!.explain?.(error) ?? error;
      });
    const numbers = parts.map(({ lengths, numbersOutput }, i) => numbersOf(lengths, results.parts[i]![numbersOutput], 1)[0]!); // prettier-ignore
    const checks = [...numbers, ...numbersOf(update.lengths, results.update[update.numbersOutput], 1)]; // prettier-ignore
    const isFinite = checks.every((each) => Number.isFinite(each.at(-1)![0]));
    return { microBatches, numbers, isFinite, updatedNames };
  }

  #current = (
    names: readonly string[],
    keyFor = (name: string) => name,
  ): Readonly<Record<string, Ref>> =>
    Object.fromEntries(names.map((name) => [keyFor(name), this.#given.store.current(name)]));

  #graphs(batch: StepBatch): Promise<Opened> {
    const key = signatureOf(batch);
    const cached = this.#opened.get(key);
    if (cached) return cached;
    const opened = this.#open(inParts(batch, this.#count(batch)));
    opened.catch(() => this.#opened.delete(key));
    this.#opened.set(key, opened);
    return opened;
  }

  async #open(batches: readonly StepBatch[]): Promise<Opened> {
    const { thread, helpers, store, options, formulations } = this.#given;
    const { choose } = formulations;
    const { layouts } = store;
    await formulations.load();
    const compile = () => {
      // Of two shapes at most.
      const shapes = new Map(batches.map((batch) => [signatureOf(batch), batch]));
      return new Map([...shapes].map(([key, batch]) => [key, compileStep("part", batch, { ...options, layouts, choose, recompute: false })])); // prettier-ignore
    };
    let compiled = compile();
    if (await formulations.measure()) compiled = compile();
    const { model, ...update } = compileUpdate({ ...options, layouts }, { parts: batches.length });
    const [gradientsLength] = model.graph.inputs.find(({ name }) => name === gradientsOfPart(0))!.shape as [number]; // prettier-ignore
    await store.zero({ [gradientsOfPart(0)]: gradientsLength });
    const threads = [thread, ...(await helpers.first(batches.length - 1))];
    const opening = batches.map(async (batch, i): Promise<OpenedPart> => {
      const { model, ...stepGraph } = compiled.get(signatureOf(batch))!;
      const stored = [stepGraph.outputFor(gradientsOfPart(0))];
      return { ...stepGraph, graph: await threads[i]!.open(model, stored, { threads: 1 }) };
    });
    const parts = await Promise.all(opening);
    const stored = update.updatedNames.map(update.outputFor);
    return {
      gradientsLength,
      parts,
      update: { ...update, graph: await thread.open(model, stored, { threads: 1 }) },
    };
  }

  async free(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#opened.values()))
      if (opened.status === "fulfilled")
        for (const { graph } of [...opened.value.parts, opened.value.update])
          await graph.release().catch(() => {});
  }
}
