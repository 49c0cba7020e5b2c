// A suite shared through Redis: workers that are killed, and a Redis that is, lose nothing and count nothing twice.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { random } from "@cajal/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../../../core/testing/bundle";
import type { Cell } from "../cells";
import { parseGroupJob, parseGroupRecords } from "./groupJob";
import { connectQueue } from "./redis";
import { shareGroups } from "./shareGroups";

const redisHere = (() => {
  try {
    return execFileSync("redis-server", ["--version"], { encoding: "utf8" });
  } catch {
    return undefined;
  }
})();

const cellOf = (model: string): Cell => ({
  suite: "table",
  job: { phase: "file", model, engine: "onnx", device: "cpu", batch: 1, seed: 1 },
});
const options = { places: [], rounds: 1, seed: 1, interval: 100 };

describe.skipIf(redisHere === undefined)("a queue (skipped where there is no redis-server)", () => {
  let folder: string;
  let program: string;
  let url: string;
  let redis: ChildProcess;
  const children = new Set<ChildProcess>();

  async function startRedis(): Promise<void> {
    const port = new URL(url).port;
    redis = spawn("redis-server", ["--port", port, "--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--bind", "127.0.0.1"], { stdio: "ignore" }); // prettier-ignore
    for (;;) {
      try {
        const { redis: client } = await connectQueue(url);
        client.disconnect();
        return;
      } catch {
        await sleep(50);
      }
    }
  }
  const startWorker = (log: string) => {
    const child = spawn(process.execPath, [program, url, log], { stdio: "ignore" });
    children.add(child);
    return child;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cajal-queue-"));
    program = await bundle(new URL("../../../testing/queueWorker.ts", import.meta.url), { folder: new URL("../../..", import.meta.url).pathname }); // prettier-ignore
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.close();
    await startRedis();
  }, 30_000);
  const killed = async (child: ChildProcess) => {
    if (child.exitCode === null && child.signalCode === null && child.kill("SIGKILL"))
      await once(child, "exit");
  };
  afterAll(async () => {
    await Promise.all([...children, redis].map(killed));
    await rm(join(program, ".."), { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });

  it("survives two workers killed and Redis restarted", async () => {
    const names = [..."abcdefghi"];
    const numbers = random(20261126, "queue");
    const logs = [1, 2, 3].map((worker) => join(folder, `begun${worker}`));
    const workers = logs.map(startWorker);
    const begun = async (worker: number) => {
      const log = await readFile(logs[worker]!, "utf8").catch(() => "");
      return log.split("\n").slice(0, -1);
    };
    // At a random moment of the next that it measures; over as well once all workers are ended.
    const killAmid = async (worker: number, after: number) => {
      const child = workers[worker]!;
      const before = (await begun(worker)).length;
      while (child.signalCode === null && (await begun(worker)).length === before) await sleep(10);
      await sleep(after);
      child.kill("SIGKILL");
    };
    const measured: string[] = [];
    let accidents = 0;
    for await (const event of shareGroups(names.map((name) => [cellOf(name)]), url, options)) {
      if (event.type !== "measured") continue;
      for (const { model, params, failure } of event.records) {
        expect([failure, params]).toEqual([undefined, model.charCodeAt(0)]);
        measured.push(model);
      }
      if (measured.length >= 2 && accidents === 0) {
        accidents++;
        for (const worker of [0, 1]) void killAmid(worker, 200 * numbers.float());
      }
      if (measured.length >= 5 && accidents === 1) {
        accidents++;
        await killed(redis);
        void sleep(300).then(startRedis);
      }
    } // prettier-ignore
    expect(measured.toSorted()).toEqual(names);
    expect(accidents).toBe(2);
    // Those who were killed had begun something, and it was begun again.
    const all = (await Promise.all([0, 1, 2].map(begun))).flat();
    expect(all.length).toBeGreaterThan(names.length);
  }, 60_000); // prettier-ignore

  it("goes on from what was measured while nobody waited, and takes back what none has begun", async () => {
    await Promise.all([...children].map(killed));
    const log = join(folder, "again");
    const groups = [[cellOf("x")], [cellOf("y")]];
    const stop = new AbortController();
    const stopped = shareGroups(groups, url, { ...options, signal: stop.signal });
    expect((await stopped.next()).value).toMatchObject({ note: expect.stringContaining("cajal worker --queue") }); // prettier-ignore
    stop.abort(new Error("enough"));
    await expect(stopped.next()).rejects.toThrow("enough");
    const away = new AbortController();
    const waiting = shareGroups(groups, url, { ...options, signal: away.signal });
    await waiting.next();
    redis.kill("SIGSTOP");
    setTimeout(() => away.abort(new Error("no answer")), 300);
    await expect((async () => { for (;;) await waiting.next(); })()).rejects.toThrow("no answer"); // prettier-ignore
    redis.kill("SIGCONT");
    await sleep(300);
    const { bullmq, redis: client, name } = await connectQueue(url);
    const queue = new bullmq.Queue(name, { connection: client });
    expect(await queue.getJobCountByTypes("waiting", "active", "completed")).toBe(0);
    await queue.close();
    client.disconnect();
    startWorker(log);
    const measured = [];
    for await (const event of shareGroups(groups, url, options))
      if (event.type === "measured") measured.push(...event.records.map(({ model }) => model));
    expect(measured.toSorted()).toEqual(["x", "y"]);
  }, 30_000);
});

it("says that nothing answers, without the password", async () => {
  const asked = connectQueue("redis://me:secret@127.0.0.1:1");
  await expect(asked).rejects.toMatchObject({ code: "network", message: expect.stringMatching(/ECONNREFUSED/) }); // prettier-ignore
  await expect(asked).rejects.not.toMatchObject({ message: expect.stringContaining("secret") });
  await expect(connectQueue("localhost")).rejects.toMatchObject({ code: "bad-argument" });
});

it("takes no job and no records that are none", () => {
  const job = { cells: [cellOf("a")], options: { rounds: 1, seed: 1 } };
  expect(parseGroupJob(job)).toBe(job);
  for (const wrong of [null, {}, { ...job, cells: [] }, { ...job, cells: [{ suite: "table" }] }, { ...job, options: { rounds: 0 } }, { ...job, command: ["rm"] }])
    expect(() => parseGroupJob(wrong)).toThrowError(/expected|known|job/); // prettier-ignore
  for (const wrong of [undefined, [], [{ model: "a" }]])
    expect(() => parseGroupRecords(job, wrong, "a worker")).toThrowError();
});
