// A classifier of images to work with: a published network by its name, or a file.
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { CajalError, type Preprocessing, type Weights } from "@cajal/core";
import { modelFacts, type Model } from "@cajal/models";
import { decodeModel, type OnnxModel } from "@cajal/onnx";
import { pretrained, readModel } from "@cajal/transfer";
import { readInput } from "../readInput";

export interface Classifier {
  readonly name: string;
  /** A graph, or a config with its weights. */
  readonly source:
    { readonly graph: OnnxModel } | { readonly model: Model; readonly weights: Weights };
  readonly preprocessing?: Preprocessing;
  readonly labels?: readonly string[];
}

/** @throws CajalError `unknown-name` for what is neither a network nor a file; as `pretrained` and `readModel` */
export async function classifier(given: string, signal: AbortSignal): Promise<Classifier> {
  if (!existsSync(given)) {
    modelFacts(given);
    const { name, model, weights, preprocessing, labels } = await pretrained(given, { signal });
    return {
      name,
      source: { model, weights },
      ...(preprocessing && { preprocessing }),
      ...(labels && { labels }),
    };
  }
  const name = basename(given);
  if (given.endsWith(".onnx"))
    return { name, source: { graph: decodeModel(await readInput(given)) } };
  const { model, weights } = await readModel(given, { signal });
  if (!model)
    throw new CajalError("bad-argument", `${given}: it holds weights without a model.`, { given });
  return { name, source: { model, weights } };
}
