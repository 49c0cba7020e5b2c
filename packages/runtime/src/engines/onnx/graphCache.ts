// Graphs that are compiled for the shapes of what they are fed, and kept.

/** Number of compiled graphs to keep; the least recently used is evicted. */
const maxGraphs = 6;

/**
 * The last few opened graphs; an evicted one is freed when its runs have ended.
 *
 * @param open compiles and opens what was requested, which is the same where its JSON is
 */
export function graphCache<Request, Opened extends { free(): void | Promise<void> }>(
  open: (request: Request) => Promise<Opened>,
) {
  const graphs = new Map<string, { opened: Promise<Opened>; runs: Promise<unknown> }>();
  const disposals: Promise<void>[] = [];
  const evict = (key: string) => {
    const { opened, runs } = graphs.get(key)!;
    graphs.delete(key);
    disposals.push(runs.then(() => opened).then((model) => model.free(), () => {})); // prettier-ignore
  };
  return {
    async use<T>(request: Request, body: (model: Opened) => Promise<T>): Promise<T> {
      const key = JSON.stringify(request);
      const graph = graphs.get(key) ?? {
        opened: Promise.resolve(request).then(open),
        runs: Promise.resolve(),
      };
      graphs.delete(key);
      graphs.set(key, graph);
      // What cannot be opened takes the place of no other.
      graph.opened.catch(() => graphs.get(key) === graph && graphs.delete(key));
      const result = graph.opened.then(body);
      // Without results: a chain of promises would keep those of every run.
      graph.runs = Promise.allSettled([graph.runs, result]).then(() => {});
      if (graphs.size > maxGraphs) evict([...graphs.keys()][0]!);
      return result;
    },
    async free(): Promise<void> {
      Array.from(graphs.keys()).forEach(evict);
      await Promise.all(disposals);
    },
  };
}
