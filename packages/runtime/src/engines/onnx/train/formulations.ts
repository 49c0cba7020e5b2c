// Which formulation of a gradient a training step takes where several are close: the one that was fastest on this
// processor, timed once and kept (knownFormulations.ts). What is chosen depends on the processor and on the
// gradient alone, so that the same seed gives the same weights there again.
import { tensor } from "@cajal/core";
import { blocked, type ChooseFormulation, type CloseFormulations } from "@cajal/onnx";
import { inNode, type DeviceName } from "../../../device/device";
import type { Formulations } from "../../../step/trainStep";
import type { GraphThread, OpenedGraph } from "../thread/graphThread";
import { ownValue } from "../../../session/ownValue";
import {
  canKeepFormulations,
  keepFormulations,
  knownFormulations,
  type Measured,
} from "./knownFormulations";

export interface FormulationsOptions {
  readonly device: DeviceName;
  /** Where the graphs run; they are timed there. */
  readonly thread: GraphThread;
  readonly threads?: number | undefined;
  /** Channels per block of the kernels that are used; undefined for none. */
  readonly block: number | undefined;
  /** Choices of an earlier run, which stay. */
  readonly given?: Formulations | undefined;
  /** Whether the rule decides what is not given. */
  readonly byRule: boolean;
}

/** The formulations of a step's gradients. */
export interface FormulationChoices {
  /** For `gradients`: what is known, or else the rule's. */
  readonly choose: ChooseFormulation;
  /** Reads what is known of this processor. Called before the first graph is built. */
  load(): Promise<void>;
  /**
   * Times what has been asked for and was not known.
   *
   * @returns whether something was, so that the graph is to be built again
   */
  measure(): Promise<boolean>;
  /** All that were asked for. */
  chosen(): Formulations;
}

/** Below, a gradient takes a tenth of a millisecond, and so does each of its formulations. */
const minMultiplyAdds = 2 ** 21;
/** Seconds in which all close formulations of a graph are timed; those that are left go by the rule. */
const budget = 5;
/** What a formulation must be faster by than the rule's, which noise alone would not show. */
const margin = 0.93;

export function formulationChoices({
  given = {},
  ...options
}: FormulationsOptions): FormulationChoices {
  const { device, threads } = options;
  const isMeasured = !options.byRule && device === "cpu" && inNode;
  let known: Map<string, string> | undefined;
  let loading: Promise<void> | undefined;
  const unknown = new Map<string, CloseFormulations>();
  const asked = new Map<string, string>();
  return {
    choose(close) {
      const { key, names, multiplyAdds } = close;
      const isTimed = known !== undefined && multiplyAdds >= minMultiplyAdds;
      const answers = [ownValue(given, key), isTimed ? known!.get(key) : undefined];
      const answer = answers.find((name) => name !== undefined && names.includes(name));
      if (isTimed && answer === undefined) unknown.set(key, close);
      const name = answer ?? names[0]!;
      if (isTimed || answer !== undefined) asked.set(key, name);
      return name;
    },
    load: () =>
      (loading ??= (async () => {
        if (isMeasured) known = await knownFormulations(threads);
      })()),
    async measure() {
      if (unknown.size === 0) return false;
      if (!(await canKeepFormulations())) {
        known = undefined;
        for (const key of unknown.keys()) asked.delete(key);
        unknown.clear();
        return false;
      }
      const closes = [...unknown.values()].sort((a, b) => b.multiplyAdds - a.multiplyAdds);
      unknown.clear();
      const end = performance.now() + budget * 1000;
      const measured: Measured[] = [];
      for (const close of closes) {
        const { key, names } = close;
        const isTimed = performance.now() < end;
        measured.push({
          key,
          ...(isTimed ? await timed(close, options) : { formulation: names[0]!, times: {} }),
        });
      }
      known = await keepFormulations(threads, measured);
      return true;
    },
    chosen: () => Object.fromEntries(asked),
  };
}

/** The fastest formulation, or the rule's where that is about as fast. */
export function fastest(names: readonly string[], times: Readonly<Record<string, number>>): string {
  const usual = names[0]!;
  const limit = times[usual] === undefined ? 0 : times[usual] * margin;
  let best = usual;
  for (const name of names)
    if (times[name] !== undefined && times[name] < Math.min(limit, times[best]!)) best = name;
  return best;
}

/** Rounds in which formulations are timed in turns. */
const rounds = 4;

/** Times the formulations of a gradient, once more where another than the rule's seems the fastest: it has to be twice. */
async function timed(
  { names, trial }: CloseFormulations,
  { thread, threads, block }: Pick<FormulationsOptions, "thread" | "threads" | "block">,
): Promise<Pick<Measured, "formulation" | "times">> {
  const usual = names[0]!;
  const opened: Trial[] = [];
  try {
    for (const name of names) {
      const model = trial(name);
      const graph = await thread.open(block === undefined ? model : blocked(model, block), [], {
        threads,
      });
      opened.push({ name, graph });
    }
    const times = await timesOf(opened);
    const formulation = fastest(names, times);
    if (formulation === usual) return { formulation, times };
    const again = await timesOf(opened);
    return {
      formulation: fastest(names, again) === formulation ? formulation : usual,
      times: again,
    };
  } catch {
    // Such as for want of memory.
    return { formulation: usual, times: {} };
  } finally {
    for (const { graph } of opened) await graph.release().catch(() => {});
  }
}

interface Trial {
  readonly name: string;
  readonly graph: OpenedGraph;
}

/** Least milliseconds of each formulation; one that takes twice as long as another at first is run no further. */
async function timesOf(trials: readonly Trial[]): Promise<Record<string, number>> {
  const times: Record<string, number> = {};
  const run = async ({ name, graph }: Trial) => {
    const start = performance.now();
    await graph.run({ feeds: { x: tensor("float32", [], [1]) }, reads: {}, writes: {} });
    times[name] = Math.min(times[name] ?? Infinity, performance.now() - start);
  };
  for (const each of trials) {
    // The first run allocates.
    await run(each);
    await run(each);
  }
  for (let round = 0; round < rounds; round++) {
    const least = Math.min(...Object.values(times));
    for (const each of trials) if (times[each.name]! < 2 * least) await run(each);
  }
  return times;
}
