// The slope of a Relu that only a max pool reads, taken behind the pool: a window's greatest is positive where the
// element that it was found at is, so that the gradient of the pool, a quarter as large at stride 2, takes the slope for it.
import type { Node } from "../../model/model";
import { capturesIn } from "../../model/topologicalOrder";

export interface PooledGates {
  /** Their dy takes the slope. */
  readonly pools: ReadonlySet<Node>;
  /** Their gradient passes as it is. */
  readonly gates: ReadonlySet<Node>;
}

/**
 * @param consumers the nodes that use a value
 * @param isKept whether a value's own gradient is asked for, or it is what is differentiated
 */
export function pooledGates(
  nodes: readonly Node[],
  consumers: (name: string) => readonly Node[],
  isKept: (name: string) => boolean,
): PooledGates {
  const [pools, gates] = [new Set<Node>(), new Set<Node>()];
  if (!nodes.some(isPool) || nodes.some((node) => capturesIn(node).length > 0))
    return { pools, gates };
  for (const gate of nodes) {
    if (gate.op !== "Relu" || gate.domain !== "") continue;
    let [value, reader] = [gate.outputs[0]!, onlyReader(gate.outputs[0]!)];
    // What is padded lies outside of every gradient.
    while (reader?.op === "Pad" && reader.domain === "" && !isKept(value))
      [value, reader] = [reader.outputs[0]!, onlyReader(reader.outputs[0]!)];
    if (!reader || !isPool(reader) || isKept(value)) continue;
    pools.add(reader);
    gates.add(gate);
  }
  return { pools, gates };

  function onlyReader(name: string): Node | undefined {
    const [reader, ...others] = consumers(name);
    const isImage = reader?.inputs[0] === name && reader.inputs.lastIndexOf(name) === 0;
    return others.length === 0 && isImage ? reader : undefined;
  }
}

const isPool = ({ op, domain }: Node): boolean => op === "MaxPool" && domain === "";
