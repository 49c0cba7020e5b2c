// The graphs of a training step, compiled and opened for each shape of batches at its first occurrence.
import { tensor, type NamedTensors, type Tensor } from "@cajal/core";
import { signatureOf, type StepBatch } from "../../../step/batch";
import type { Numbers, StepPosition } from "../../../step/core";
import type { Ref } from "../thread/graphHost.js";
import type { GraphThread, OpenedGraph } from "../thread/graphThread";
import { compilePrediction, compileStep, prediction, type Kind } from "./compile";
import { type StepGraph, type StepGraphOptions } from "./stepGraph";
import type { FormulationChoices } from "./formulations";
import type { ParameterStore } from "./parameterStore";
import { scanSteps, stackedName } from "./scanSteps";
import { fedOf, numbersOf, singleBatch, stepInputs, type MicroBatch, type StepInputs } from "./stepInputs"; // prettier-ignore

/** A graph for batches of one shape, opened. */
interface Opened extends Omit<StepGraph, "model"> {
  readonly inPlace: boolean;
  readonly graph: OpenedGraph;
}

/** The result of a run. */
export interface RunResult {
  /** The loss, the numbers of `measuresOf`, and the finite check of all that was written; of the last step. */
  readonly numbers: Numbers;
  /** The numbers of each step. */
  readonly numbersOfSteps: readonly Numbers[];
  readonly isFinite: boolean;
  /** Names of the weights and slots that were written beside their current versions. */
  readonly updatedNames: readonly string[];
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly outputNames: readonly string[];
}

interface StepGraphsOptions extends Omit<StepGraphOptions, "layouts" | "choose" | "recompute"> {
  /** Whether steps spare memory: write over what they read, where all of it is finite, and compute activations again. */
  readonly inPlace: boolean;
  readonly formulations: FormulationChoices;
  readonly seed: number;
}

export class StepGraphs {
  readonly #thread: GraphThread;
  readonly #store: ParameterStore;
  readonly #formulations: FormulationChoices;
  readonly #options: Omit<StepGraphOptions, "layouts">;
  readonly #seed: number;
  readonly #inPlace: boolean;
  readonly #opened = new Map<string, Promise<Opened>>();

  constructor(
    thread: GraphThread,
    store: ParameterStore,
    { seed, inPlace, formulations, ...options }: StepGraphsOptions,
  ) {
    this.#thread = thread;
    this.#store = store;
    this.#formulations = formulations;
    this.#options = { ...options, choose: formulations.choose, recompute: inPlace };
    this.#seed = seed;
    this.#inPlace = inPlace;
  }

  /** Runs a graph of a step; what it writes takes effect when it is committed, or has taken effect already. */
  async run(kind: Kind, microBatch: MicroBatch, position: StepPosition): Promise<RunResult> {
    if (this.#inPlace && (kind === "train" || kind === "update")) {
      const result = await this.#runOnce(`${kind}InPlace`, microBatch, position);
      if (result.isFinite) {
        this.#store.rewritten(result.updatedNames);
        return { ...result, updatedNames: [] };
      }
      // Nothing was written. Once more, beside what there is, to find what is not finite; or for it to take effect
      // nevertheless, where only the sum of all of it is too large.
    }
    return this.#runOnce(kind, microBatch, position);
  }

  async #runOnce(kind: Kind, microBatch: MicroBatch, position: StepPosition): Promise<RunResult> {
    const opened = await this.#graph(kind, microBatch.batch, 1);
    return this.#run(opened, this.#inputs(opened.feeds, microBatch, position), 1);
  }

  /** Runs several steps as one graph, of batches of one shape. */
  async runSteps(
    batches: readonly StepBatch[],
    positions: readonly StepPosition[],
  ): Promise<RunResult> {
    const opened = await this.#graph("train", batches[0]!, batches.length);
    const inputs = batches.map((batch, i) =>
      this.#inputs(opened.feeds, singleBatch(batch), positions[i]!),
    );
    const stacked = Object.keys(inputs[0]!).map(
      (name) => [stackedName(name), () => stack(inputs.map((each) => each[name]!()))] as const,
    );
    return this.#run(opened, Object.fromEntries(stacked), batches.length);
  }

  /** As {@link TrainCore.predict}. */
  async predict(x: NamedTensors, of: string): Promise<Tensor> {
    const batch: StepBatch = { examples: 0, x, y: {}, weight: {} };
    const opened = await this.#once(
      `predict ${signatureOf(batch)} ${of}`,
      async () =>
      // A value may depend on weights that no loss does.
      this.#openGraph(compilePrediction(x, of, { ...this.#options, layouts: this.#store.storedLayouts })), // prettier-ignore
    );
    const position = { iteration: 0, learningRate: 0 };
    const inputs = this.#inputs(opened.feeds, singleBatch(batch), position);
    const { outputs } = await this.#run(opened, inputs, 1);
    return outputs[prediction]!;
  }

  async #run(
    { graph, inPlace, updatedNames, lengths, numbersOutput, explain, arrayOf, outputFor }: Opened,
    inputs: StepInputs,
    steps: number,
  ): Promise<RunResult> {
    const { feeds, kept } = fedOf(graph.inputNames, inputs);
    const reads: Readonly<Record<string, Ref>> = Object.fromEntries(
      kept.map((name) => [name, this.#store.current(arrayOf(name))]),
    );
    const writes = Object.fromEntries(
      updatedNames.map(
        (name) => [outputFor(name), this.#store[inPlace ? "current" : "next"](name)] as const,
      ),
    );
    const outputs = await graph.run({ feeds, reads, writes }).catch((error: unknown) => {
      throw explain?.(error) ?? error;
    });
    const numbersOfSteps = numbersOf(lengths, outputs[numbersOutput], steps);
    return {
      numbers: numbersOfSteps.at(-1)!,
      numbersOfSteps,
      isFinite: numbersOfSteps.every((numbers) => Number.isFinite(numbers.at(-1)?.[0])),
      updatedNames,
      outputs,
      outputNames: graph.outputNames,
    };
  }

  async free(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#opened.values()))
      if (opened.status === "fulfilled") await opened.value.graph.release().catch(() => {});
  }

  #inputs(feeds: Opened["feeds"], microBatch: MicroBatch, position: StepPosition): StepInputs {
    return stepInputs(feeds, microBatch, position, this.#seed);
  }

  #graph(kind: Kind, batch: StepBatch, steps: number): Promise<Opened> {
    const key = kind.startsWith("update") ? kind : `${kind} ${steps} ${signatureOf(batch)}`;
    return this.#once(key, () => this.#open(kind, batch, steps));
  }

  #once(key: string, open: () => Promise<Opened>): Promise<Opened> {
    const cached = this.#opened.get(key);
    if (cached) return cached;
    const opened = open();
    opened.catch(() => this.#opened.delete(key));
    this.#opened.set(key, opened);
    return opened;
  }

  async #open(kind: Kind, batch: StepBatch, steps: number): Promise<Opened> {
    const compile = () =>
      compileStep(kind, batch, { ...this.#options, layouts: this.#store.layouts });
    await this.#formulations.load();
    let compiled = compile();
    if (await this.#formulations.measure()) compiled = compile();
    const inPlace = kind.endsWith("InPlace");
    return this.#openGraph(steps > 1 ? scanSteps(compiled, steps) : compiled, { inPlace });
  }

  async #openGraph({ model, ...stepGraph }: StepGraph, { inPlace = false } = {}): Promise<Opened> {
    const storedOutputs = stepGraph.updatedNames.map(stepGraph.outputFor);
    return { ...stepGraph, inPlace, graph: await this.#thread.open(model, storedOutputs) };
  }
}

/** Tensors of one type and shape, along a new first axis. */
function stack(tensors: readonly Tensor[]): Tensor {
  const { dtype, shape } = tensors[0]!;
  const stacked = tensor(dtype, [tensors.length, ...shape]);
  const target = new Uint8Array(stacked.data.buffer);
  for (const [i, { data }] of tensors.entries())
    target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), i * data.byteLength);
  return stacked;
}
