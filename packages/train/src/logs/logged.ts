// Writes a run's events to logs as they pass through: `for await (const event of logged(train(…), jsonl("run.jsonl")))`.
import { checkArgument } from "@cajal/core";
import type { TrainEvent } from "../events";

/** Where events are written to. */
export interface EventLog {
  write(event: TrainEvent): void | Promise<void>;
  close(): void | Promise<void>;
}

/** The same events, each written to all logs before it is passed on; the logs are closed at the end. */
export async function* logged(
  events: AsyncIterable<TrainEvent>,
  ...logs: readonly EventLog[]
): AsyncGenerator<TrainEvent, void, undefined> {
  checkArgument("logged", "events", events, "asyncIterable");
  for (const log of logs) {
    checkArgument("logged", "a log", log, "object");
    checkArgument("logged", "log.write", log.write, "function");
    checkArgument("logged", "log.close", log.close, "function");
  }
  try {
    for await (const event of events) {
      for (const log of logs) await log.write(event);
      yield event;
    }
  } finally {
    // All of them, whichever cannot be.
    await Promise.all(logs.map(async (log) => log.close()));
  }
}

/** An event's numbers by name, flat: `loss`, `accuracy`, `learning_rate`, `validation/loss` … */
export function numbersOf(event: TrainEvent): Readonly<Record<string, number>> {
  if (event.type !== "step" && event.type !== "epoch") return {};
  const { loss, metrics } = event;
  const numbers: Record<string, number> = { loss, ...metrics };
  if (event.type === "step") return { ...numbers, learning_rate: event.learningRate };
  const { validation, seconds } = event;
  if (validation) {
    numbers["validation/loss"] = validation.loss;
    for (const [name, value] of Object.entries(validation.metrics))
      numbers[`validation/${name}`] = value;
  }
  return { ...numbers, seconds };
}
