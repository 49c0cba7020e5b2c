import { nextTask } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { prefetch } from "./prefetch";

/** Numbers; what has been read, and whether it was ended, is kept. */
function source(size: number, { failsAt = -1 } = {}) {
  const log = { read: 0, reading: 0, atOnce: 0, ended: false };
  async function* items() {
    try {
      for (let i = 0; i < size; i++) {
        log.atOnce = Math.max(log.atOnce, ++log.reading);
        await nextTask();
        log.reading--;
        if (i === failsAt) throw new Error(`item ${i}`);
        log.read++;
        yield i;
      }
    } finally {
      log.ended = true;
    }
  }
  return { log, items: items() };
}

const some = async (tasks: number) => {
  for (let i = 0; i < tasks; i++) await nextTask();
};

describe("ahead", () => {
  it("gives all items in order", async () => {
    for (const count of [0, 1, 3, 100]) {
      const learned: number[] = [];
      for await (const i of prefetch(source(10).items, count)) learned.push(i);
      expect(learned).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });

  it("reads so many while the loop is busy, and no more", async () => {
    const { log, items } = source(10);
    const before: number[] = [];
    for await (const i of prefetch(items, 2)) {
      await some(20);
      before.push(log.read - 1 - i);
    }
    expect(before).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 1, 0]);
    expect(log.atOnce).toBe(1);
  });

  it("ends the source when the loop is left", async () => {
    const { log, items } = source(100);
    for await (const i of prefetch(items, 3)) if (i === 2) break;
    expect(log.ended).toBe(true);
    expect(log.read).toBeLessThanOrEqual(6);
    const { read } = log;
    await some(10);
    expect(log.read).toBe(read);
  });

  it("fails where the source fails, after the items before", async () => {
    const { log, items } = source(10, { failsAt: 4 });
    const learned: number[] = [];
    const run = async () => {
      for await (const i of prefetch(items, 3)) {
        learned.push(i);
        await some(10);
      }
    };
    await expect(run()).rejects.toThrow("item 4");
    expect(learned).toEqual([0, 1, 2, 3]);
    expect(log.ended).toBe(true);
  });
});
