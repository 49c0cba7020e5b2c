// Points b + a (x − b) on the straight way from a baseline to an image, computed in the graph: of each only its position
// is handed over, in place of all its numbers.
import { tensor, type Shape, type Tensor } from "@cajal/core";
import { GraphBuilder, type OnnxModel } from "@cajal/onnx";
import type { ExplainedGraph } from "./explainedGraph";
import { fedBy } from "./fedBy";
import { rows, type Rows } from "./rows";

export interface PathGraph {
  /** What the graph is kept by. */
  readonly key: string;
  readonly model: OnnxModel;
  /** What it is fed for a path from `b` to `x`, both of one image's shape. */
  feeds(
    b: Float32Array,
    x: Float32Array,
    positions: readonly number[],
  ): {
    readonly feeds: Readonly<Record<string, Rows>>;
    readonly constants: Readonly<Record<string, Tensor<"float32">>>;
  };
}

const kept = new WeakMap<ExplainedGraph, Map<string, PathGraph>>();

/** @param shape of one image, channels first */
export function pathGraph(graph: ExplainedGraph, shape: Shape): PathGraph {
  const key = `path of ${shape.join()}`;
  const known = kept.get(graph) ?? new Map<string, PathGraph>();
  kept.set(graph, known);
  const made = known.get(key) ?? { key, ...pathIn(graph, shape as readonly number[]) };
  known.set(key, made);
  return made;
}

function pathIn(graph: ExplainedGraph, shape: readonly number[]): Omit<PathGraph, "key"> {
  const fresh = (name: string): string => (graph.values.has(name) ? fresh(`${name}'`) : name);
  const [from, difference, position] = ["path/from", "path/difference", "path/position"].map(fresh) as [string, string, string]; // prettier-ignore
  const g = new GraphBuilder({ name: graph.model.graph.name });
  const b = g.input(from, "float32", [1, ...shape]);
  const d = g.input(difference, "float32", [1, ...shape]);
  const ones = shape.map(() => 1);
  const a = g.input(position, "float32", [graph.batch ?? "batch", ...ones]);
  return {
    // By names that no graph within a node has, either.
    model: fedBy(
      graph,
      g,
      g.within("path", () => g.add(b, g.mul(a, d))),
    ).model,
    feeds: (b, x, positions) => ({
      feeds: {
        [position]: rows(positions.length, ones, (row, to) => void (to[0] = positions[row]!)),
      },
      constants: {
        [from]: tensor("float32", [1, ...shape], b),
        [difference]: tensor("float32", [1, ...shape], x.map((value, i) => value - b[i]!)), // prettier-ignore
      },
    }),
  };
}
