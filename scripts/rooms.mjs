// The rooms of a package: the folders and single files of its src, and of every folder in there. Rooms that import
// each other in a circle can only be understood together, so there must be none.
import { dirname, posix, relative, resolve } from "node:path";

/**
 * @param {string} src a package's src
 * @param {ReadonlyMap<string, readonly string[]>} imports of each file of it, by whole paths, what it imports by relative ones
 * @returns {{ folder: string, rooms: string[], imports: string[] }[]} the circles, with the imports that tie them
 */
export function circlesOfRooms(src, imports) {
  const arrows = [...imports].flatMap(([file, specifiers]) =>
    specifiers.flatMap((specifier) => {
      const target = fileOf(resolve(dirname(file), specifier), imports);
      return target === undefined ? [] : [[file, target].map((path) => relative(src, path))];
    }),
  );
  const folders = new Set([...imports.keys()].flatMap((file) => parents(relative(src, file))));
  return [...folders].flatMap((folder) => {
    const roomOf = (file) =>
      folder === "." || file.startsWith(`${folder}/`)
        ? posix.relative(folder, file).split("/")[0]
        : undefined;
    const graph = new Map();
    for (const [from, to] of arrows) {
      const [a, b] = [roomOf(from), roomOf(to)];
      if (a === undefined || b === undefined || a === b) continue;
      graph.set(a, [...(graph.get(a) ?? []), { room: b, why: `${from} imports ${to}` }]);
    }
    return circlesOf(graph).map((rooms) => ({
      folder,
      rooms,
      imports: rooms.flatMap((a) =>
        graph.get(a).flatMap(({ room, why }) => (rooms.includes(room) ? [why] : [])),
      ),
    }));
  });
}

/** `a/b/c.ts` → `.`, `a`, `a/b` */
const parents = (path) => {
  const parent = posix.dirname(path);
  return parent === "." ? ["."] : [...parents(parent), parent];
};

const fileOf = (path, files) =>
  [path, `${path}.ts`, `${path}/index.ts`].find((candidate) => files.has(candidate));

/** Sets of rooms each of which reaches all others: Tarjan's strongly connected components. */
function circlesOf(graph) {
  const [index, low, stack, circles] = [new Map(), new Map(), [], []];
  const visit = (room) => {
    index.set(room, index.size);
    low.set(room, index.get(room));
    stack.push(room);
    for (const { room: next } of graph.get(room) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(room, Math.min(low.get(room), low.get(next)));
    }
    if (low.get(room) !== index.get(room)) return;
    const circle = stack.splice(stack.indexOf(room));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const room of graph.keys()) if (!index.has(room)) visit(room);
  return circles;
}
