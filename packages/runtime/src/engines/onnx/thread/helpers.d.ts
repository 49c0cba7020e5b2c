import type { Tensor } from "@cajal/core";
import type { MessagePort } from "node:worker_threads";
import type { GraphHost, Ref, RunRequest } from "./graphHost.js";

type Graph = Parameters<GraphHost["run"]>[0];

/** A part that a helper computes: a graph that it has opened, by its number. */
export interface HelpersPart {
  readonly number: number;
  readonly feeds: RunRequest["feeds"];
  /** The arrays that it reads, under the inputs' names, and how often each has been set. */
  readonly kept: readonly (readonly [name: string, ref: Ref, revision: number])[];
}

/** Parts of a step, the first of which is computed here, and the update from what they give. */
export interface PartsRequest<G = Graph> {
  readonly first: { readonly graph: G } & RunRequest;
  /** In the order in which the helpers were connected. */
  readonly others: readonly HelpersPart[];
  /** The output of the others that the update takes, how many numbers it has, and the update's inputs for it. */
  readonly handed: { readonly output: string; readonly length: number; readonly inputs: readonly string[] }; // prettier-ignore
  readonly update: { readonly graph: G } & RunRequest;
}

type Outputs = Readonly<Record<string, Tensor>>;

export interface PartsResult {
  /** The other outputs of all parts. */
  readonly parts: readonly Outputs[];
  readonly update: Outputs;
}

export interface Helpers {
  /** @param port to a thread that answers {@link HelpersQuestion} as {@link answersOf} does */
  connect(port: MessagePort): void;
  run(request: PartsRequest): Promise<PartsResult>;
}

/** What a helper is asked. Arrays are in memory that both threads see, which ONNX Runtime's binding does not take. */
export interface HelpersQuestion {
  readonly number: number;
  readonly feeds: RunRequest["feeds"];
  /** All arrays that the graph reads. */
  readonly kept: readonly string[];
  /** Those that have changed. */
  readonly changed: Readonly<Record<string, Float32Array>>;
  readonly output: string;
  /** Where that output goes; the others are given back. */
  readonly target: Float32Array;
}

/** @param host which runs the first part, and keeps the weights */
export function helpers(host: GraphHost): Helpers;

/** On the helper: what answers a question. */
export function answersOf(
  host: GraphHost,
): (graph: Graph, question: HelpersQuestion) => Promise<Outputs>;

/** Waits busily for a message, so many milliseconds at most; default: as long as a helper does for the next step. */
export function waitBusily(
  port: MessagePort,
  milliseconds?: number,
): { message: unknown } | undefined;
