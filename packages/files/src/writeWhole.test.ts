import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"; // prettier-ignore
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { isCajalError } from "@cajal/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkWritable, checkWritableFolder, writeAllWhole, writeWhole } from "./writeWhole";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "cajal-write-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const failure = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => new Error("it did not fail"),
    (cause: unknown) => cause,
  );
  if (isCajalError(error)) return error;
  throw error;
};
const text = (path: string) => readFileSync(path, "utf8");
const unix = process.platform !== "win32";

describe("a file", () => {
  it("is made with its folders, replaced, and alone in its folder", async () => {
    const path = join(folder, "a", "b", "one");
    await writeWhole(path, "old");
    await writeWhole(path, Uint8Array.of(0x6e, 0x65, 0x77));
    expect(text(path)).toBe("new");
    await writeWhole(path, [Uint8Array.of(0x61), new Uint8Array(), Uint8Array.of(0x62, 0x63)]);
    expect(text(path)).toBe("abc");
    expect(readdirSync(join(folder, "a", "b"))).toEqual(["one"]);
  });

  it.runIf(unix)("keeps its mode, and a new one has that of the process", async () => {
    const path = join(folder, "secret");
    writeFileSync(path, "old");
    chmodSync(path, 0o640);
    await writeWhole(path, "new");
    expect([text(path), statSync(path).mode & 0o777]).toEqual(["new", 0o640]);
    await writeWhole(join(folder, "other"), "");
    expect(statSync(join(folder, "other")).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  it.runIf(unix)(
    "is written through links, of which the last may lead to nothing yet",
    async () => {
      mkdirSync(join(folder, "data"));
      writeFileSync(join(folder, "data", "real"), "old");
      symlinkSync("data/real", join(folder, "link"));
      symlinkSync(join(folder, "link"), join(folder, "link2"));
      symlinkSync("data/later", join(folder, "ahead"));
      await writeWhole(join(folder, "link2"), "new");
      await writeWhole(join(folder, "ahead"), "made");
      for (const name of ["link", "link2", "ahead"])
        expect(lstatSync(join(folder, name)).isSymbolicLink()).toBe(true);
      expect(text(join(folder, "data", "real"))).toBe("new");
      expect(text(join(folder, "data", "later"))).toBe("made");
      expect(readdirSync(join(folder, "data")).sort()).toEqual(["later", "real"]);
      symlinkSync("b", join(folder, "a"));
      symlinkSync("a", join(folder, "b"));
      expect((await failure(writeWhole(join(folder, "a"), ""))).facts.errno).toBe("ELOOP");
    },
  );

  it("leaves another hard link with what was before", async () => {
    writeFileSync(join(folder, "one"), "old");
    linkSync(join(folder, "one"), join(folder, "two"));
    await writeWhole(join(folder, "one"), "new");
    expect([text(join(folder, "one")), text(join(folder, "two"))]).toEqual(["new", "old"]);
  });
});

describe("what is no file", () => {
  it.runIf(unix)("is refused and stays: a pipe, a device, a folder, links to them", async () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    symlinkSync("pipe", join(folder, "link"));
    symlinkSync("/dev/null", join(folder, "null"));
    mkdirSync(join(folder, "folder"));
    for (const name of ["pipe", "link", "null", "folder"])
      for (const call of [writeWhole, checkWritable]) {
        const error = await failure(call(join(folder, name), "x"));
        expect([error.code, error.facts.path]).toEqual(["bad-argument", join(folder, name)]);
      }
    expect(lstatSync(join(folder, "pipe")).isFIFO()).toBe(true);
    expect(readdirSync(folder).length).toBe(4);
  });

  it("is refused as a folder, too", async () => {
    writeFileSync(join(folder, "taken"), "mine");
    for (const call of [
      () => writeWhole(join(folder, "taken", "one"), "x"),
      () => checkWritable(join(folder, "taken", "one")),
      () => checkWritable(join(folder, "taken", "deeper", "one")),
      () => checkWritableFolder(join(folder, "taken")),
    ])
      expect(["io", "bad-argument"]).toContain((await failure(call())).code);
    expect(text(join(folder, "taken"))).toBe("mine");
  });
});

describe("looking first", () => {
  it("changes nothing", async () => {
    await checkWritable(join(folder, "a", "b"));
    await checkWritableFolder(join(folder, "c", "d"), ["one"]);
    expect(readdirSync(folder)).toEqual([]);
    mkdirSync(join(folder, "out", "report.html"), { recursive: true });
    const error = await failure(checkWritableFolder(join(folder, "out"), ["x", "report.html"]));
    expect(error.message).toContain("report.html");
  });

  it.runIf(unix && process.getuid?.() !== 0)("respects what is protected", async () => {
    writeFileSync(join(folder, "mine"), "old", { mode: 0o444 });
    expect((await failure(checkWritable(join(folder, "mine")))).facts.errno).toBe("EACCES");
    expect((await failure(writeWhole(join(folder, "mine"), ""))).facts.errno).toBe("EACCES");
  });
});

describe("several files", () => {
  it("are replaced only when all are written", async () => {
    writeFileSync(join(folder, "one"), "old");
    mkdirSync(join(folder, "two"));
    await failure(writeAllWhole([[join(folder, "one"), "1"], [join(folder, "two"), "2"]])); // prettier-ignore
    expect(text(join(folder, "one"))).toBe("old");
    expect(readdirSync(folder).sort()).toEqual(["one", "two"]);
  });
});

describe("an end in the middle", () => {
  it("by an error of the content, or the signal, leaves what was there", async () => {
    const path = join(folder, "one");
    writeFileSync(path, "old");
    async function* broken() {
      yield Uint8Array.of(1);
      throw new RangeError("mine");
    }
    await expect(writeWhole(path, broken())).rejects.toThrow(RangeError);
    const controller = new AbortController();
    async function* aborting() {
      yield Uint8Array.of(1);
      controller.abort();
      yield Uint8Array.of(2);
    }
    const { signal } = controller;
    const aborted = await writeWhole(path, aborting(), { signal }).catch((error) => error);
    expect(aborted).toBe(signal.reason);
    expect([text(path), readdirSync(folder)]).toEqual(["old", ["one"]]);
  });

  it("leaves drafts that the next write removes, once their process is gone", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "close");
    await writeWhole(join(folder, "x"), "x");
    const name = (pid: number) => `.x.${host()}.${pid}.01234567.cajal-draft`;
    for (const pid of [child.pid!, process.ppid]) writeFileSync(join(folder, name(pid)), "half");
    writeFileSync(join(folder, ".x.draft"), "another program's");
    await writeWhole(join(folder, "x"), "y");
    expect(readdirSync(folder).sort()).toEqual([".x.draft", name(process.ppid), "x"].sort());
    expect(existsSync(join(folder, name(child.pid!)))).toBe(false);
  });
});

const host = () =>
  hostname()
    .replaceAll(/[^\w-]/g, "_")
    .slice(0, 40);
