// Mutations of plain values (what JSON can write, and Maps): wrong types, extreme numbers, names that
// are taken, entries lost, doubled, exchanged and nested.
import type { Random } from "@cajal/core";

/** One to four mutations of a copy, which shares what is unchanged. */
export function mutateValue(value: unknown, random: Random): unknown {
  let mutated = value;
  for (let n = 1 + random.integer(4); n > 0; n--) mutated = mutateOnce(mutated, random);
  return mutated;
}

type Path = readonly (string | number)[];

function mutateOnce(root: unknown, random: Random): unknown {
  const paths = pathsOf(root);
  const path = paths[random.integer(paths.length)]!;
  const value = at(root, path);
  switch (random.integer(8)) {
    case 0:
    case 1:
      return replaced(root, path, pick(telling, random));
    case 2: {
      // Another part of the same value: right of its kind, in the wrong place.
      const other = at(root, pick(paths, random));
      return sizeOf(other) * paths.length > mostNodes ? root : replaced(root, path, other);
    }
    case 3:
      return typeof value === "number"
        ? replaced(root, path, nearby(value, random))
        : typeof value === "string"
          ? replaced(root, path, altered(value, random))
          : replaced(root, path, [value]);
    case 4:
      return path.length === 0 ? root : removed(root, path);
    case 5:
      if (Array.isArray(value) && value.length > 0)
        return replaced(
          root,
          path,
          value.toSpliced(random.integer(value.length), 0, pick(value, random)),
        );
      return isObject(value)
        ? replaced(root, path, { ...value, [pick(tellingKeys, random)]: pick(telling, random) })
        : root;
    case 6:
      if (Array.isArray(value)) return replaced(root, path, value.toReversed());
      return isObject(value) ? replaced(root, path, renamed(value, random)) : root;
    default: {
      const depth = pick([1, 10, 1000], random);
      let nested = value;
      for (let i = 0; i < depth; i++)
        nested = random.integer(2) === 0 ? [nested] : { config: nested };
      return replaced(root, path, nested);
    }
  }
}

const mostNodes = 200_000;

/** Every place in the value; a very large or deep one is not walked to its end. */
function pathsOf(root: unknown): Path[] {
  const paths: Path[] = [];
  const ahead: { value: unknown; path: Path }[] = [{ value: root, path: [] }];
  while (ahead.length > 0 && paths.length < 20_000) {
    const { value, path } = ahead.pop()!;
    paths.push(path);
    if (path.length > 64) continue;
    for (const [key, child] of entriesOf(value)) ahead.push({ value: child, path: [...path, key] });
  }
  return paths;
}

function sizeOf(root: unknown): number {
  return pathsOf(root).length;
}

function entriesOf(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return value.map((child, i) => [i, child]);
  if (value instanceof Map) return [...(value as Map<string, unknown>)];
  return isObject(value) ? Object.entries(value) : [];
}

const at = (root: unknown, path: Path): unknown =>
  path.reduce((value: unknown, key) => childOf(value, key), root);

const childOf = (value: unknown, key: string | number): unknown =>
  value instanceof Map ? value.get(key) : (value as Record<string | number, unknown>)[key];

function replaced(root: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const child = replaced(childOf(root, key), rest, value);
  if (Array.isArray(root)) return root.with(Number(key), child);
  if (root instanceof Map) return new Map(root as Map<unknown, unknown>).set(key, child);
  return withEntry(root as object, String(key), child);
}

function removed(root: unknown, path: Path): unknown {
  const parent = at(root, path.slice(0, -1));
  const key = path.at(-1)!;
  if (Array.isArray(parent))
    return replaced(root, path.slice(0, -1), parent.toSpliced(Number(key), 1));
  if (parent instanceof Map)
    return replaced(root, path.slice(0, -1), new Map([...parent].filter(([name]) => name !== key)));
  return replaced(
    root,
    path.slice(0, -1),
    Object.fromEntries(Object.entries(parent as object).filter(([name]) => name !== key)),
  );
}

/** `__proto__` as JSON.parse makes it: an entry like any other. */
function withEntry(object: object, key: string, value: unknown): object {
  const copy = Object.fromEntries(Object.entries(object));
  Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}

function renamed(object: object, random: Random): object {
  const entries = Object.entries(object);
  if (entries.length === 0) return object;
  const i = random.integer(entries.length);
  const [key, value] = entries[i]!;
  const name = random.integer(2) === 0 ? pick(tellingKeys, random) : altered(key, random);
  return withEntry(Object.fromEntries(entries.toSpliced(i, 1)), name, value);
}

const nearby = (value: number, random: Random): number =>
  pick([value + 1, value - 1, -value, value * 2, value + 0.5, value * 2 ** 32, 0], random);

function altered(text: string, random: Random): string {
  const i = random.integer(text.length + 1);
  return pick(
    [
      text.slice(0, i),
      `${text.slice(0, i)}\u0000${text.slice(i)}`,
      text.toUpperCase(),
      ` ${text}`,
      `${text}/${text}`,
      text.repeat(random.integer(3)),
      `${text.slice(0, i)}\u001b[31m${text.slice(i)}`,
      `${text.slice(0, i)}\ud800${text.slice(i)}`,
    ],
    random,
  );
}

const tellingKeys = ["__proto__", "constructor", "toString", "length", "name", "config", "", "0"];

const telling: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  1,
  -1,
  0.5,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  1e308,
  -1e308,
  5e-324,
  "",
  "0",
  "-1",
  "NaN",
  "__proto__",
  "constructor",
  "x".repeat(10_000),
  [],
  [[]],
  [null],
  [-1],
  [0, 0],
  [2 ** 31, 2 ** 31],
  Array.from({ length: 1000 }, (_, i) => i),
  {},
  { class_name: "Dense", config: {} },
];

const isObject = (value: unknown): value is object =>
  typeof value === "object" &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null);

const pick = <T>(values: readonly T[], random: Random): T => values[random.integer(values.length)]!;
