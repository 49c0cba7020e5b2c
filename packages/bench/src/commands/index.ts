// All commands, in the order of the help. A file is imported when its command is called, so that none
// waits for another's engines.
import type { CommandDefinition } from "./shared/defineCommand";

export const commands: Readonly<Record<string, () => Promise<CommandDefinition>>> = {
  run: async () => (await import("./run")).run,
  table: async () => (await import("./table")).table,
  learn: async () => (await import("./learn")).learn,
  transfer: async () => (await import("./transfer")).transfer,
  predict: async () => (await import("./predict")).predict,
  convert: async () => (await import("./convert")).convert,
  speed: async () => (await import("./speed")).speed,
  explain: async () => (await import("./explain")).explain,
  devices: async () => (await import("./devices")).devices,
  doctor: async () => (await import("./doctor")).doctor,
  compare: async () => (await import("./compare")).compare,
  merge: async () => (await import("./merge")).merge,
  datasets: async () => (await import("./datasets")).datasets,
  cache: async () => (await import("./cache")).cache,
  worker: async () => (await import("./worker")).worker,
};
