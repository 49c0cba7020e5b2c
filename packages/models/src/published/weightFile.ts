// Which official weight file fits a model as it was built.
import { CajalError, checkOptions, checkArgument } from "@cajal/core";
import { modelFacts } from "../networks";
import { type ModelFacts, type WeightFile } from "../networks/definition";

export interface WeightFileOptions {
  /** With the classifier of 1000 classes. Default true. */
  readonly include_top?: boolean;
  /** The width, of networks that have several. Default 1. */
  readonly alpha?: number;
  /** Height and width of the images that it was trained on, where there are several. Default the network's own. */
  readonly size?: number;
  /** The files of today, or those of 2016, of ResNet50. Default "current". */
  readonly generation?: "current" | "2016";
}

/**
 * The official file, trained on ImageNet, for a network built with such options.
 *
 * @param model a record, or a name as `modelFacts` takes it
 * @throws CajalError `unknown-name`; `unsupported` where a network has no files at all; `bad-argument` where it has
 *   none such, listing those that it has
 * @example weightFile("MobileNet", { alpha: 0.5, include_top: false }).urls[0]
 */
export function weightFile(
  model: ModelFacts | string,
  options: WeightFileOptions = {},
): WeightFile {
  checkOptions("weightFile", options, ["include_top", "alpha", "size", "generation"]);
  if (typeof model !== "string") {
    checkArgument("weightFile", "model", model, "object");
    checkArgument("weightFile", "model.input", model.input, "array");
    checkArgument("weightFile", "model.weights", model.weights, "array");
  }
  const { name, input, weights } = typeof model === "string" ? modelFacts(model) : model;
  if (weights.length === 0)
    throw new CajalError("unsupported", `${name}: no weights of it were published.`, {
      model: name,
    });
  const { include_top = true, alpha = 1, size = input[0], generation = "current" } = options;
  const request = { include_top, alpha, size, generation };
  let left = weights;
  for (const key of ["generation", "alpha", "size", "include_top"] as const) {
    const valueOf = (file: WeightFile) => ({ ...defaultsFor(input[0]), ...file })[key];
    const matchingFiles = left.filter((file) => valueOf(file) === request[key]);
    if (matchingFiles.length === 0) {
      const published = [...new Set(left.map(valueOf))];
      throw new CajalError(
        "bad-argument",
        `${name}: got ${key} ${JSON.stringify(request[key])}, for which no weights were published; there are files for ${published.map((value) => JSON.stringify(value)).join(", ")}.`,
        { model: name, option: key, got: request[key], known: published },
      );
    }
    left = matchingFiles;
  }
  return left[0]!;
}

/** What a file is for where its record does not say. */
const defaultsFor = (size: number) => ({ alpha: 1, size, generation: "current" }) as const;
