// A download on disk: a partial file next to its destination, with a note from which another process can resume it.
import { open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { ioErrors } from "../ioErrors";
import { followLinks } from "../writeWhole";
import { resumable, type FileStore, type Note } from "./fileStore";
import { problemOf, type Expected } from "./problemOf";

/** The file is renamed into place once it is verified, so that its name never belongs to a partial file. */
export async function diskStore(path: string, expected: Expected): Promise<FileStore> {
  // A link stays; its target is replaced.
  const place = await ioErrors("writing", path, async () => (await followLinks(path)).path);
  const part = `${place}.part`;
  const note = `${place}.part.json`;
  return {
    path,
    async resumePoint(url) {
      try {
        const [{ size }, text] = await Promise.all([stat(part), readFile(note, "utf8")]);
        return resumable(JSON.parse(text) as Partial<Note>, url, size);
      } catch {
        return { offset: 0 };
      }
    },
    note: (content) => writeFile(note, JSON.stringify(content)),
    async open(offset) {
      const file = await open(part, offset > 0 ? "r+" : "w");
      return {
        // A short write is written on; what the disk refuses is thrown.
        async write(bytes, from) {
          for (let at = 0; at < bytes.length;)
            at += (await file.write(bytes, at, bytes.length - at, from + at)).bytesWritten;
        },
        flush: () => file.sync(),
        close: () => file.close(),
      };
    },
    problem: () => problemOf(part, expected),
    async discard() {
      await Promise.all([rm(part, { force: true }), rm(note, { force: true })]);
    },
    async finish() {
      await rename(part, place);
      await rm(note, { force: true });
    },
  };
}
