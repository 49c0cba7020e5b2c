// The graphs of a training step, compiled and opened for a shape of batches when the first of that shape comes.
import { hash, tensor, type Tensor } from "@cajal/core";
import type { StepBatch } from "../../../step/batch";
import type { Numbers, StepPosition } from "../../../step/core";
import { ownValue } from "../../../session/ownValue";
import type { Ref } from "../thread/graphHost.js";
import type { GraphThread, OpenedGraph } from "../thread/graphThread";
import { compileStep, type Kind, type StepGraph, type StepGraphOptions } from "./compile";
import type { ParameterStore } from "./parameterStore";

/** A batch among those of its step. */
export interface Part {
  readonly batch: StepBatch;
  readonly number: number;
  /** Of the step's examples. */
  readonly share: number;
}

/** A step's only batch. */
export const whole = (batch: StepBatch): Part => ({ batch, number: 0, share: 1 });

/** A graph for batches of one shape, opened. */
interface Opened extends Omit<StepGraph, "model"> {
  readonly graph: OpenedGraph;
}

/** What a graph gave. */
export interface Ran {
  /** The loss, the numbers of `measuresOf`, and at the end what tells whether all that was written is finite. */
  readonly numbers: Numbers;
  readonly isFinite: boolean;
  /** Names of weights and slots that were written. */
  readonly updated: readonly string[];
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly outputNames: readonly string[];
}

export class StepGraphs {
  readonly #thread: GraphThread;
  readonly #store: ParameterStore;
  readonly #options: Omit<StepGraphOptions, "layouts">;
  readonly #seed: number;
  readonly #opened = new Map<string, Promise<Opened>>();

  constructor(
    thread: GraphThread,
    store: ParameterStore,
    { seed, ...options }: Omit<StepGraphOptions, "layouts"> & { readonly seed: number },
  ) {
    this.#thread = thread;
    this.#store = store;
    this.#options = options;
    this.#seed = seed;
  }

  /** Runs a step's graph, or a part of one; what it writes does not count before it is committed. */
  async run(kind: Kind, part: Part, at: StepPosition): Promise<Ran> {
    const { graph, feeds, updated, lengths, explain } = await this.#graph(kind, part.batch);
    const inputs = this.#inputs(feeds, part, at);
    const values = graph.inputNames.map((name) => [name, ownValue(inputs, name)] as const);
    const fed: Readonly<Record<string, Tensor>> = Object.fromEntries(
      values.flatMap(([name, value]) => (value ? [[name, value()]] : [])),
    );
    const kept: Readonly<Record<string, Ref>> = Object.fromEntries(
      values.flatMap(([name, value]) => (value ? [] : [[name, this.#store.current(name)]])),
    );
    const into = Object.fromEntries(
      updated.map((name) => [`new/${name}`, this.#store.next(name)] as const),
    );
    const outputs = await graph.run({ feeds: fed, kept, into }).catch((error: unknown) => {
      throw explain?.(error) ?? error;
    });
    const numbers = numbersOf(lengths, outputs.numbers);
    return {
      numbers,
      isFinite: Number.isFinite(numbers.at(-1)?.[0]),
      updated,
      outputs,
      outputNames: graph.outputNames,
    };
  }

  async free(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#opened.values()))
      if (opened.status === "fulfilled") await opened.value.graph.release().catch(() => {});
  }

  /** Input of a graph → what it is fed, made when it is wanted. */
  #inputs(
    names: Opened["feeds"],
    { batch, number, share }: Part,
    { iteration, learningRate }: StepPosition,
  ): Readonly<Record<string, () => Tensor>> {
    const ofBatch = (["x", "y", "weight"] as const).flatMap((what) =>
      [...names[what]].map(([name, input]) => [input, () => batch[what][name]!] as const),
    );
    return {
      ...Object.fromEntries(ofBatch),
      "input/learning_rate": () => tensor("float32", [], [learningRate]),
      "input/iteration": () => tensor("float32", [], [iteration + 1]),
      "input/seed": () => tensor("int64", [], [hash(iteration, hash(this.#seed, number))]),
      "input/share": () => tensor("float32", [], [share]),
    };
  }

  #graph(kind: Kind, batch: StepBatch): Promise<Opened> {
    const { x, y, weight } = batch;
    const signature = [x, y, weight]
      .flatMap((tensors) => Object.entries(tensors))
      .map(([name, { dtype, shape }]) => `${name} ${dtype} ${shape.join()}`)
      .join("; ");
    const key = kind === "update" ? kind : `${kind} ${signature}`;
    const cached = this.#opened.get(key);
    if (cached) return cached;
    const opened = this.#open(kind, batch);
    opened.catch(() => this.#opened.delete(key));
    this.#opened.set(key, opened);
    return opened;
  }

  async #open(kind: Kind, batch: StepBatch): Promise<Opened> {
    const { layouts } = this.#store;
    const { model, ...about } = compileStep(kind, batch, { ...this.#options, layouts });
    const kept = about.updated.map((name) => `new/${name}`);
    return { ...about, graph: await this.#thread.open(model, kept) };
  }
}

/** The numbers of a graph, apart. */
function numbersOf(lengths: readonly number[], numbers: Tensor | undefined): Numbers {
  let at = 0;
  return lengths.map((length) =>
    Array.from(numbers!.data.subarray(at, (at += length)) as Float32Array),
  );
}
