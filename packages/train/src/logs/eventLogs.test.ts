import { isCajalError } from "@cajal/core";
import { execFileSync } from "node:child_process";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { csv, jsonl } from "./eventLogs";
import { logged } from "./logged";
import { crc32c, encodeEvent, tfRecord, tensorBoard } from "./tensorBoard";
import type { TrainEvent } from "../events";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "cajal-logs-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const copies = { weights: async () => new Map(), state: async () => new Map() };
const startFields = { engine: "onnx", device: "cpu", epochs: 2, stepsPerEpoch: 1 } as const;
const events: readonly TrainEvent[] = [
  { type: "start", ...startFields, epoch: 0, step: 0 },
  { type: "step", epoch: 0, batch: 0, step: 1, stepsPerEpoch: 1, examples: 8, learningRate: 0.5, loss: 2, metrics: { accuracy: 0.25 } }, // prettier-ignore
  { type: "epoch", epoch: 0, step: 1, loss: 2, metrics: { accuracy: 0.25 }, validation: { loss: 3, metrics: { accuracy: 0.5 } }, seconds: 4, ...copies }, // prettier-ignore
  { type: "checkpoint", epoch: 0, step: 1, path: "run/step-1" },
  { type: "epoch", epoch: 1, step: 2, loss: 1, metrics: { accuracy: 0.75 }, validation: { loss: 2, metrics: { accuracy: 1 } }, seconds: 5, ...copies }, // prettier-ignore
  { type: "end", epochs: 2, step: 2, seconds: 9, weights: new Map(), state: new Map() },
];

let closed = false;
async function* source(): AsyncGenerator<TrainEvent> {
  try {
    yield* events;
  } finally {
    closed = true;
  }
}

describe("logs of a run", () => {
  it("pass all events on, and write each as a line of JSON", async () => {
    const path = join(folder, "sub", "run.jsonl");
    const received: TrainEvent[] = [];
    for await (const event of logged(source(), jsonl(path))) received.push(event);
    expect(received).toEqual(events);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line)); // prettier-ignore
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(lines).toEqual([
      { type: "start", epoch: 0, step: 0, engine: "onnx", device: "cpu", epochs: 2, at: time },
      { type: "step", epoch: 0, step: 1, loss: 2, accuracy: 0.25, learning_rate: 0.5, at: time },
      { type: "epoch", epoch: 0, step: 1, loss: 2, accuracy: 0.25, "validation/loss": 3, "validation/accuracy": 0.5, seconds: 4, at: time }, // prettier-ignore
      { type: "checkpoint", epoch: 0, step: 1, path: "run/step-1", at: time },
      { type: "epoch", epoch: 1, step: 2, loss: 1, accuracy: 0.75, "validation/loss": 2, "validation/accuracy": 1, seconds: 5, at: time }, // prettier-ignore
      { type: "end", step: 2, at: time },
    ]);
  });

  it("write a row of a table for each epoch", async () => {
    const path = join(folder, "run.csv");
    for await (const event of logged(source(), csv(path))) void event;
    expect(readFileSync(path, "utf8")).toBe(
      "epoch,step,loss,accuracy,validation/loss,validation/accuracy,seconds\n" +
        "0,1,2,0.25,3,0.5,4\n" +
        "1,2,1,0.75,2,1,5\n",
    );
  });

  it("go on where they were left, and never cut off what is there", async () => {
    const [table, list] = [join(folder, "run.csv"), join(folder, "run.jsonl")];
    for (let run = 0; run < 2; run++)
      for await (const event of logged(source(), csv(table), jsonl(list), tensorBoard(folder)))
        void event;
    expect(readFileSync(table, "utf8").trimEnd().split("\n").length).toBe(1 + 2 * 2);
    expect(readFileSync(list, "utf8").trimEnd().split("\n").length).toBe(2 * events.length);
    // Both runs began within one second, most likely: each has a file of its own.
    const boards = readdirSync(folder).filter((name) => name.startsWith("events."));
    expect(boards.length).toBe(2);
    expect(readFileSync(join(folder, boards[0]!)).length).toBeGreaterThan(100);

    // A line that a killed process left half written stays a line of its own.
    writeFileSync(list, '{"type":"st');
    for await (const event of logged(source(), jsonl(list))) void event;
    expect(readFileSync(list, "utf8").split("\n")[0]).toBe('{"type":"st');
    expect(JSON.parse(readFileSync(list, "utf8").split("\n")[1]!).type).toBe("start");
  });

  it("refuse a table of other columns, and leave it", async () => {
    const path = join(folder, "run.csv");
    writeFileSync(path, "a,b\n1,2\n");
    const write = async () => {
      for await (const event of logged(source(), csv(path))) void event;
    };
    expect(isCajalError(await write().catch((cause: unknown) => cause), "bad-file")).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("a,b\n1,2\n");
  });

  it("end the run when the loop is left", async () => {
    closed = false;
    for await (const event of logged(source(), csv(join(folder, "run.csv"))))
      if (event.type === "step") break;
    expect(closed).toBe(true);
  });

  it("are all closed, also after one that cannot be", async () => {
    const closed: string[] = [];
    const log = (name: string, fails = false) => ({
      write: () => {},
      close() {
        closed.push(name);
        if (fails) throw new Error(`${name} is full`);
      },
    });
    const run = async () => {
      for await (const event of logged(source(), log("first", true), log("second"))) void event;
    };
    await expect(run()).rejects.toThrow("first is full");
    expect(closed).toEqual(["first", "second"]);
  });

  it("say where they cannot write", async () => {
    writeFileSync(join(folder, "file"), "");
    const write = async () => {
      for await (const event of logged(source(), jsonl(join(folder, "file", "log")))) void event;
    };
    const error = await write().catch((cause: unknown) => cause);
    expect(isCajalError(error, "io")).toBe(true);
  });
});

describe("TensorBoard's event files", () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

  it("have the checksum of RFC 3720, appendix B.4", () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });

  it("have the bytes that TensorBoard's own writer gives", () => {
    // tensorboard 2.21.0: RecordWriter, Event(wall_time, file_version), Event(wall_time, step, summary).
    const expected =
      "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b3531103200000000000000241956ec0900005040fc54d94110ac022a240a0b0a046c6f7373150000003f0a150a0e65706f63682f6163637572616379150000c0bfd5bc0f6d";
    const version = encodeEvent({ seconds: 1700000000.5, version: "brain.Event:2" });
    const scalars = encodeEvent({
      seconds: 1700000001.25,
      step: 300,
      scalars: [
        { tag: "loss", value: 0.5 },
        { tag: "epoch/accuracy", value: -1.5 },
      ],
    });
    expect(hex(tfRecord(version)) + hex(tfRecord(scalars))).toBe(expected);
  });

  it("hold the numbers of steps and epochs", async () => {
    for await (const event of logged(source(), tensorBoard(folder))) void event;
    const [name, ...others] = readdirSync(folder);
    expect(others).toEqual([]);
    expect(name).toMatch(/^events\.out\.tfevents\.\d+\./);
    const bytes = readFileSync(join(folder, name!));
    const records: string[] = [];
    for (let from = 0; from < bytes.length;) {
      const length = Number(bytes.readBigUInt64LE(from));
      records.push(bytes.toString("latin1", from + 12, from + 12 + length));
      from += 16 + length;
    }
    expect(records.length).toBe(4);
    expect(records[0]).toContain("brain.Event:2");
    for (const tag of ["loss", "accuracy", "learning_rate"]) expect(records[1]).toContain(tag);
    for (const tag of ["epoch/loss", "epoch/validation/accuracy", "epoch/seconds"])
      expect(records[2]).toContain(tag);
  });
});

it.skipIf(process.platform === "win32")("a pipe that nobody reads is refused, a file behind a link goes on", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const log of [csv(pipe), jsonl(pipe)]) {
    const run = async () => {
      for await (const event of logged(source(), log)) expect(event.type).toBe("none");
    };
    const error: unknown = await run().catch((cause) => cause);
    expect(isCajalError(error, "io"), String(error)).toBe(true);
  }
  expect(lstatSync(pipe).isFIFO()).toBe(true);
  writeFileSync(join(folder, "real"), "mine\n");
  symlinkSync("real", join(folder, "link"));
  for await (const event of logged(source(), jsonl(join(folder, "link")))) void event;
  expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(folder, "real"), "utf8")).toMatch(/^mine\n\{/);
}); // prettier-ignore
