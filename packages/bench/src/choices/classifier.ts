// An image classifier: a published network by its name, or a file.
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { CajalError, type Preprocessing, type Weights } from "@cajal/core";
import { modelFacts, type Model } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import { pretrained, readModel } from "@cajal/transfer";

export interface Classifier {
  readonly name: string;
  /** A graph, or a config with its weights. */
  readonly source:
    | { readonly graph: OnnxModel }
    | { readonly model: Model; readonly weights: Weights };
  readonly preprocessing?: Preprocessing;
  readonly labels?: readonly string[];
}

/** @throws CajalError `unknown-name` for what is neither a network nor a file; as `pretrained` and `readModel` */
export async function classifier(nameOrFile: string, signal: AbortSignal): Promise<Classifier> {
  if (!existsSync(nameOrFile)) {
    modelFacts(nameOrFile);
    const { name, model, weights, preprocessing, labels } = await pretrained(nameOrFile, {
      signal,
    });
    return {
      name,
      source: { model, weights },
      ...(preprocessing && { preprocessing }),
      ...(labels && { labels }),
    };
  }
  const name = basename(nameOrFile);
  const { model, weights, labels } = await readModel(nameOrFile, { signal, graphs: true });
  if (!model)
    throw new CajalError("bad-argument", `${nameOrFile}: it holds weights without a model.`, {
      file: nameOrFile,
    });
  return {
    name,
    source: "graph" in model ? { graph: model } : { model, weights },
    ...(labels && { labels }),
  };
}
