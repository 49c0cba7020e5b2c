// All commands, in the order of the help, which shows only these lines: a command's file is imported when it is called
// or its own help is requested, so that no command loads another's dependencies.
import type { CommandDefinition } from "./shared/defineCommand";

export interface ListedCommand {
  /** One line for the help. */
  readonly summary: string;
  load(): Promise<CommandDefinition>;
}

export const commands: Readonly<Record<string, ListedCommand>> = {
  run: {
    summary: "run a suite and write a report: data to learning to engines",
    load: async () => (await import("./run")).run,
  },
  table: {
    summary: "size, parameters, depth and cost of networks, published accuracy",
    load: async () => (await import("./table")).table,
  },
  learn: {
    summary: "train a network on a data set",
    load: async () => (await import("./learn")).learn,
  },
  transfer: {
    summary: "a folder of class folders becomes a network that tells them apart",
    load: async () => (await import("./transfer")).transfer,
  },
  predict: {
    summary: "what a network reads in pictures",
    load: async () => (await import("./predict")).predict,
  },
  convert: {
    summary: "a model from any format to any other",
    load: async () => (await import("./convert")).convert,
  },
  speed: {
    summary: "time prediction or training, each in a process of its own",
    load: async () => (await import("./speed")).speed,
  },
  explain: {
    summary: "what a network looks at: maps of images by several methods, and how good these are",
    load: async () => (await import("./explain")).explain,
  },
  devices: {
    summary: "what this machine can run on, and why not on the rest",
    load: async () => (await import("./devices")).devices,
  },
  doctor: {
    summary: "what is missing for each device, and how to get it",
    load: async () => (await import("./doctor")).doctor,
  },
  compare: {
    summary: "compare two runs: what became slower, larger or less accurate",
    load: async () => (await import("./compare")).compare,
  },
  merge: {
    summary: "records of several runs or machines as one report",
    load: async () => (await import("./merge")).merge,
  },
  datasets: {
    summary: "the data sets that have a name: cards, fetching, places",
    load: async () => (await import("./datasets")).datasets,
  },
  cache: {
    summary: "the folder of fetched files",
    load: async () => (await import("./cache")).cache,
  },
  worker: {
    summary: "measure one thing on command, or what a queue has",
    load: async () => (await import("./worker")).worker,
  },
};
