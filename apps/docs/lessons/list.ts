// The lessons: NN-name.md is the page, NN-name.ts the script that it shows, recorded/NN-name/ what that gave.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** This folder. */
export const folder = fileURLToPath(new URL(".", import.meta.url));

export interface Lesson {
  /** `05-lenet`: of the page, the script and the folder of results. */
  readonly name: string;
  readonly title: string;
}

/** In the course's order. */
export const lessons: readonly Lesson[] = readdirSync(folder)
  .filter((file) => /^\d\d-.*\.md$/.test(file))
  .toSorted()
  .map((file) => {
    const title = /^title: (.+)$/m.exec(readFileSync(`${folder}${file}`, "utf8"));
    if (!title) throw new Error(`apps/docs/lessons/${file} has no line "title: …".`);
    return { name: file.slice(0, -".md".length), title: title[1]! };
  });
