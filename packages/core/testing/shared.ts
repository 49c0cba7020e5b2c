// Real data and reference numbers lie in a folder beside the checkout, which not everybody has:
// the one way for tests to reach them.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";

const root =
  process.env.CAJAL_SHARED ?? fileURLToPath(new URL("../../../../shared/", import.meta.url));

/** The path of a file or folder of the shared folder; it may be absent. */
export const shared = (path: string) => `${root.replace(/\/$/, "")}/${path}`;

/** `describe` that skips, saying why in its title, where a path of the shared folder is absent. */
export function describeWithShared(
  title: string,
  path: string,
  body: (path: string) => void,
): void {
  const folder = shared(path);
  if (existsSync(folder)) describe(title, () => body(folder));
  else
    describe.skip(`${title} (skipped: ${path} is not in the shared folder)`, () =>
      it("needs it", () => {}));
}
