// Names in graphs.
import type { Graph, Node } from "../model/model";

/** The names that a graph and the graphs inside it have. */
export class Names {
  /** Names that are taken or were given, and how many were given of each. */
  readonly #counts = new Map<string, number>();

  has(name: string): boolean {
    return this.#counts.has(name);
  }

  take(name: string): void {
    if (!this.#counts.has(name)) this.#counts.set(name, 1);
  }

  /** `base`, or `base_1`, `base_2` … : the first that is free, and not given before. */
  fresh(base: string): string {
    for (;;) {
      const count = this.#counts.get(base) ?? 0;
      this.#counts.set(base, count + 1);
      if (count === 0) return base;
      const name = `${base}_${count}`;
      if (!this.has(name)) return name;
    }
  }
}

/** All names in a graph and the graphs inside it, of values and nodes. */
export function namesIn(graph: Graph): readonly string[] {
  const inner = graph.nodes.flatMap(({ attributes }) =>
    Object.values(attributes).flatMap((attribute) =>
      attribute.type === "graph" ? namesIn(attribute.value) : [],
    ),
  );
  return [
    ...inner,
    ...graph.initializers.keys(),
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]),
  ];
}

/**
 * The nodes, without those that only give a value its name as an output, each a copy of it: where the
 * value is computed here and is no output itself, it takes that name.
 */
export function underPublishedNames(
  nodes: readonly Node[],
  {
    published,
    computed,
    keptNames,
  }: {
    /** Outputs of the copies. */
    published: ReadonlySet<string>;
    computed: Pick<ReadonlySet<string>, "has">;
    /** Names that stay: of inputs and outputs. */
    keptNames: ReadonlySet<string>;
  },
): readonly Node[] {
  const names = new Map<string, string>();
  // Graphs inside of nodes may read the values by their names.
  const nested = nodes.some(({ attributes }) =>
    Object.values(attributes).some(({ type }) => type === "graph"),
  );
  const otherNodes = nodes.filter((node) => {
    const [from, to] = [node.inputs[0]!, node.outputs[0]!];
    const isRemovable =
      !nested &&
      published.has(to) &&
      computed.has(from) &&
      !keptNames.has(from) &&
      !names.has(from);
    if (isRemovable) names.set(from, to);
    return !isRemovable;
  });
  if (names.size === 0) return otherNodes;
  const newName = (name: string) => names.get(name) ?? name;
  return otherNodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(newName),
    outputs: node.outputs.map(newName),
  }));
}
