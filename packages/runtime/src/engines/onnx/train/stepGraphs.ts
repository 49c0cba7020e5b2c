// The graphs of a training step, compiled and opened for each shape of batches at its first occurrence.
import { hash, tensor, type Tensor } from "@cajal/core";
import type { StepBatch } from "../../../step/batch";
import type { Numbers, StepPosition } from "../../../step/core";
import { ownValue } from "../../../session/ownValue";
import type { Ref } from "../thread/graphHost.js";
import type { GraphThread, OpenedGraph } from "../thread/graphThread";
import { compileStep, type Kind, type StepGraph, type StepGraphOptions } from "./compile";
import type { ParameterStore } from "./parameterStore";

/** One of the batches of a step. */
export interface MicroBatch {
  readonly batch: StepBatch;
  readonly number: number;
  /** Fraction of the step's examples. */
  readonly share: number;
}

/** A step's only batch. */
export const singleBatch = (batch: StepBatch): MicroBatch => ({ batch, number: 0, share: 1 });

/** A graph for batches of one shape, opened. */
interface Opened extends Omit<StepGraph, "model"> {
  readonly graph: OpenedGraph;
}

/** The result of a run. */
export interface RunResult {
  /** The loss, the numbers of `measuresOf`, and the finite check of all that was written. */
  readonly numbers: Numbers;
  readonly isFinite: boolean;
  /** Names of the weights and slots that were written. */
  readonly updatedNames: readonly string[];
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

  /** Runs a graph of a step; what it writes takes effect when it is committed. */
  async run(kind: Kind, microBatch: MicroBatch, position: StepPosition): Promise<RunResult> {
    const { graph, feeds, updatedNames, lengths, explain } = await this.#graph(
      kind,
      microBatch.batch,
    );
    const inputs = this.#inputs(feeds, microBatch, position);
    const values = graph.inputNames.map((name) => [name, ownValue(inputs, name)] as const);
    const fedTensors: Readonly<Record<string, Tensor>> = Object.fromEntries(
      values.flatMap(([name, value]) => (value ? [[name, value()]] : [])),
    );
    const reads: Readonly<Record<string, Ref>> = Object.fromEntries(
      values.flatMap(([name, value]) => (value ? [] : [[name, this.#store.current(name)]])),
    );
    const writes = Object.fromEntries(
      updatedNames.map((name) => [`new/${name}`, this.#store.next(name)] as const),
    );
    const outputs = await graph
      .run({ feeds: fedTensors, reads, writes })
      .catch((error: unknown) => {
        throw explain?.(error) ?? error;
      });
    const numbers = numbersOf(lengths, outputs.numbers);
    return {
      numbers,
      isFinite: Number.isFinite(numbers.at(-1)?.[0]),
      updatedNames,
      outputs,
      outputNames: graph.outputNames,
    };
  }

  async free(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#opened.values()))
      if (opened.status === "fulfilled") await opened.value.graph.release().catch(() => {});
  }

  /** Input of a graph → a function that makes its tensor. */
  #inputs(
    names: Opened["feeds"],
    { batch, number, share }: MicroBatch,
    { iteration, learningRate }: StepPosition,
  ): Readonly<Record<string, () => Tensor>> {
    const batchEntries = (["x", "y", "weight"] as const).flatMap((what) =>
      [...names[what]].map(([name, input]) => [input, () => batch[what][name]!] as const),
    );
    return {
      ...Object.fromEntries(batchEntries),
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
    const { model, ...stepGraph } = compileStep(kind, batch, { ...this.#options, layouts });
    const storedOutputs = stepGraph.updatedNames.map((name) => `new/${name}`);
    return { ...stepGraph, graph: await this.#thread.open(model, storedOutputs) };
  }
}

/** Splits the output `numbers` of a graph. */
function numbersOf(lengths: readonly number[], numbers: Tensor | undefined): Numbers {
  let offset = 0;
  return lengths.map((length) =>
    Array.from(numbers!.data.subarray(offset, (offset += length)) as Float32Array),
  );
}
