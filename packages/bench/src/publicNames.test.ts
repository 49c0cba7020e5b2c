// What every package exports: a change of the public API shows here, in review, and has a changeset.
// npx vitest run --project bench src/publicNames.test.ts -u
import { expect, it } from "vitest";
import { publicPackages } from "../testing/publicPackages";

it.each([...publicPackages])("%s exports these names", (_, exports) =>
  expect(Object.keys(exports).toSorted()).toMatchSnapshot(),
);
