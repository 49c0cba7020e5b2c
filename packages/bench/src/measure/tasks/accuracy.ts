// Accuracy of networks on a folder of labelled images; several networks share one decoding of each image.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { stackImages, type Evaluation } from "@cajal/datasets";
import { readImage } from "@cajal/datasets/node";
import { writeWhole } from "@cajal/files/node";
import type { Tensor } from "@cajal/core";
import { resolve, summary, type ModelConfig } from "@cajal/models";
import { inferShapes, type OnnxModel } from "@cajal/onnx";
import { open, type Session } from "@cajal/runtime";
import { judgedName } from "../../choices/checkModels";
import { channelsFirst, imageGraph, imageModel, isGraphFile, prepareImage } from "../../choices/imageModel"; // prettier-ignore
import { classNumbers, labelledImages, spread } from "../../choices/labelledImages";
import { describeOnnx } from "../describeOnnx";
import { quiet } from "./shared";
import type { SingleTask } from "./task";

export interface AccuracySettings {
  /** Names of networks with published weights, or files. */
  readonly models: readonly string[];
  /** Folder of labelled images. */
  readonly data: string;
  readonly preprocess?: string;
  /** File in which counts are stored, to resume from; removed at the end. */
  readonly state?: string;
  /** Number of images to use, evenly from all. */
  readonly limit?: number;
}

interface Judgement {
  readonly name: string;
  readonly prepare: Evaluation;
  /** Pictures [n, height, width, 3] as its input takes them. */
  readonly asInput: (x: Tensor) => Tensor;
  readonly session: Session;
  readonly truths: readonly number[];
  readonly params: number;
  readonly macs: number | null;
  right1: number;
  right5: number;
  milliseconds: number;
}

export const accuracy: SingleTask<AccuracySettings> = {
  name: "accuracy",
  async run({ engine, device, batch, threads, settings }, progress) {
    const { models, data, preprocess, state, limit } = settings;
    const all = labelledImages(data);
    const images = spread(all, limit);
    const tallies: Judgement[] = [];
    const { signal } = new AbortController();
    for (const model of models) {
      const how = { ...(preprocess && { preprocess }) };
      const network = isGraphFile(model)
        ? await imageGraph(model, { signal }, how)
        : await imageModel(model, { progress: quiet, signal }, how);
      const place = { engine, device, threads };
      const isGraph = "graph" in network;
      const { params, macs, outputs } = isGraph ? ofGraph(network.graph) : ofModel(network.model);
      const session = await (isGraph
        ? open(network.graph, place)
        : open(network.model, network.weights, place));
      tallies.push({
        name: judgedName(model),
        prepare: prepareImage(network),
        asInput: isGraph && network.channelsFirst ? channelsFirst : (x) => x,
        session,
        // Numbers of sorted folders are those among all of them.
        truths: spread(classNumbers(all, { ...network, outputs, name: model }), limit),
        params,
        macs,
        right1: 0,
        right5: 0,
        milliseconds: 0,
      });
    }
    const of = createHash("sha256").update(JSON.stringify({ models, preprocess, images })).digest("hex"); // prettier-ignore
    let next = await restore(state, tallies, of);
    const decode = (from: number) =>
      Promise.all(images.slice(from, from + batch).map(({ path }) => readImage(path, { channels: 3 }))); // prettier-ignore
    let decoded = decode(next);
    let saved = performance.now();
    while (next < images.length) {
      const pictures = await decoded;
      decoded = decode(next + batch); // while the networks compute
      for (const each of tallies) {
        const x = each.asInput(stackImages(pictures.map((picture) => each.prepare(picture))));
        const startTime = performance.now();
        const { data: scores } = await each.session.predict(x);
        each.milliseconds += performance.now() - startTime;
        count(each, scores as Float32Array, pictures.length, next);
      }
      next += pictures.length;
      progress(next / images.length, `${next} of ${images.length} images`);
      if (state !== undefined && performance.now() - saved > 5000) {
        await keep(state, tallies, { of, next });
        saved = performance.now();
      }
    }
    if (state !== undefined) await rm(state, { force: true });
    await Promise.all(tallies.map(({ session }) => session.dispose()));
    return tallies.map(({ name, right1, right5, params, macs, milliseconds }) => ({
      model: name,
      n: images.length,
      top1: right1 / images.length,
      top5: right5 / images.length,
      params,
      ...(macs !== null && Number.isFinite(macs) && { macs }),
      seconds: Number((milliseconds / 1000).toFixed(3)),
    }));
  },
};

function ofModel(model: ModelConfig) {
  const { totalParams: params, macs } = summary(model);
  return { params, macs, outputs: Number(resolve(model).outputs[0]!.shape.at(-1)) };
}

function ofGraph(model: OnnxModel) {
  const { params, macs } = describeOnnx(model, 0);
  const [output] = model.graph.outputs;
  const shape = output && inferShapes(model).get(output.name)?.shape;
  return { params, macs, outputs: Number(shape?.at(-1)) };
}

/** A class with a larger score, or an equal one and a smaller number, comes first. */
function count(tally: Judgement, scores: Float32Array, n: number, from: number): void {
  const classes = scores.length / n;
  for (let i = 0; i < n; i++) {
    const truth = tally.truths[from + i]!;
    const score = scores[i * classes + truth]!;
    let rank = 0;
    for (let c = 0; c < classes; c++) {
      const other = scores[i * classes + c]!;
      if (other > score || (other === score && c < truth)) rank++;
    }
    if (Number.isNaN(score)) continue;
    if (rank === 0) tally.right1++;
    if (rank < 5) tally.right5++;
  }
}

interface State {
  /** Hash of the networks and the labelled images that are judged. */
  readonly of: string;
  readonly next: number;
  readonly counts: Readonly<Record<string, readonly [right1: number, right5: number, ms: number]>>;
}

/** @returns the index of the first image that has not been evaluated */
async function restore(
  path: string | undefined,
  tallies: readonly Judgement[],
  of: string,
): Promise<number> {
  if (path === undefined || !existsSync(path)) return 0;
  const state = JSON.parse(await readFile(path, "utf8")) as State;
  if (state.of !== of) return 0;
  for (const each of tallies) [each.right1, each.right5, each.milliseconds] = state.counts[each.name]!; // prettier-ignore
  return state.next;
}

async function keep(
  path: string,
  tallies: readonly Judgement[],
  { of, next }: Pick<State, "of" | "next">,
) {
  const counts = Object.fromEntries(
    tallies.map(({ name, right1, right5, milliseconds }) => [
      name,
      [right1, right5, milliseconds] as const,
    ]),
  );
  await writeWhole(path, JSON.stringify({ of, next, counts } satisfies State));
}
