// What a command says where a run of its folder is of other options.
import { CajalError, isCajalError } from "@cajal/core";

const words: Readonly<Record<string, string>> = {
  data: "data, or batches",
  optimizer: "optimizer or other learning rates, which --schedule lays over all --epochs",
};

/**
 * The events of a run that may go on from what a folder holds.
 *
 * @param option that names the folder
 * @throws CajalError `bad-argument` where that is a run of another seed, model, optimizer or other data; as the run
 */
export async function* goingOn<Event>(
  events: AsyncIterable<Event>,
  { folder, option }: { readonly folder: string; readonly option: string },
): AsyncGenerator<Event> {
  try {
    yield* events;
  } catch (cause) {
    // What a checkpoint has, and the run does not.
    if (!isCajalError(cause, "bad-argument") || cause.facts.expected === undefined) throw cause;
    const { part = "seed" in cause.facts ? "seed" : "data" } = cause.facts as { part?: string };
    throw new CajalError(
      "bad-argument",
      `${folder}: it holds a run of ${part === "data" ? "other" : "another"} ${words[part] ?? part}. Give the same options and data again, or another ${option}.`,
      { ...cause.facts, folder },
      { cause },
    );
  }
}
