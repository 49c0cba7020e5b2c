import { expect, it } from "vitest";
import { endOf, endsOfWorkers as ends, exits } from "../testing/exits";

// The long run is scripts/exits.ts.
it.each(exits(8, 1))("$work ended by $end after $ms ms", { timeout: 60_000 }, async (exit) => {
  const { ended, said } = await endOf(exit);
  expect({ ended, said: ended === ends[exit.end] ? "" : said }).toEqual({
    ended: ends[exit.end],
    said: "",
  });
});
