// A Loop or Scan whose number of turns is known while a graph is loaded becomes the nodes of these turns: there is no
// gradient through a loop, and no need of one. One that ends by what is computed from data, or has very many turns,
// stays as it is.
import { isCajalError, tensor } from "@cajal/core";
import { attributesOf } from "../model/attribute";
import type { Graph, Node } from "../model/model";
import { topologicalOrder, usedNames } from "../model/topologicalOrder";
import { GraphAssembler } from "./assembler";
import { statedTypesIn, type Stated } from "./infer";
import { renamedNodes } from "./inlineCalls";

/** Nodes that all turns may make: a file is not to ask for a million. */
const mostNodes = 2 ** 14;

interface Surroundings {
  readonly g: GraphAssembler;
  /** The operator set that the node is meant in. */
  readonly opset: number;
  /** Adds a node of the body, whose own graphs may be inlined in turn. */
  readonly append: (node: Node, stated: Stated) => void;
}

/** What the turns of a body are given, and what becomes of what they give. */
interface Turns {
  readonly count: number;
  /** What the first is given of what the last one gives: of a Loop its condition, too. */
  readonly states: readonly string[];
  /** How many of those stay within. */
  readonly inner: number;
  /** The names of the body's inputs in a turn, from what its last one gave. */
  readonly inputsOf: (turn: number, given: readonly string[]) => readonly string[];
  /** Axes along which the rows of all turns are stacked, and whether the last comes first. */
  readonly rows: readonly { readonly axis: number; readonly isReversed: boolean }[];
}

/** Of one model: what its loops may become, all together. */
export class Unrolling {
  #left = mostNodes;

  /** @returns whether the turns of a loop stand in its place */
  unroll(node: Node, around: Surroundings): boolean {
    if (node.domain !== "" || (node.op !== "Loop" && node.op !== "Scan")) return false;
    const body = node.attributes["body"];
    if (body?.type !== "graph" || node.inputs.slice(2).includes("")) return false;
    const nodesOfTurn = sizeOf(body.value) + node.outputs.length;
    const mostTurns = Math.floor(this.#left / nodesOfTurn);
    const turns = node.op === "Loop" ? turnsOfLoop(node, body.value, { ...around, mostTurns }) : turnsOfScan(node, { ...around, mostTurns }); // prettier-ignore
    if (!turns) return false;
    this.#left -= turns.count * nodesOfTurn;
    addTurns(node, body.value, turns, around);
    return true;
  }
}

/** Nodes of a graph, and of those within them. */
const sizeOf = ({ nodes }: Graph): number =>
  nodes.reduce((sum, { attributes }) => {
    const inner = Object.values(attributes).map((each) => each.type === "graph" ? sizeOf(each.value) : 0); // prettier-ignore
    return inner.reduce((a, b) => a + b, sum + 1);
  }, 0);

interface Limited extends Surroundings {
  readonly mostTurns: number;
}

/** `body`: iteration, condition, states → condition, states, rows. */
function turnsOfLoop(node: Node, body: Graph, { g, mostTurns }: Limited): Turns | undefined {
  const count = countTurns(node, body, g, mostTurns);
  const states = node.inputs.slice(2);
  const rows = node.outputs.slice(states.length).map(() => ({ axis: 0, isReversed: false }));
  // Of no turns the rows have a shape that the file alone may state.
  if (count === undefined || (count === 0 && rows.length > 0)) return undefined;
  const first = node.inputs[1] || g.constant(tensor("bool", [], [1])).name;
  return {
    count,
    states: [first, ...states],
    inner: 1,
    inputsOf: (turn, given) => [g.scalar("int64", turn).name, ...given],
    rows,
  };
}

/** `body`: states, slices → states, rows. */
function turnsOfScan(node: Node, { g, opset, mostTurns }: Limited): Turns | undefined {
  // Until opset 8 there was an axis of examples before the others.
  if (opset < 9) return undefined;
  const { int, ints } = attributesOf(node);
  const states = node.inputs.slice(0, node.inputs.length - int("num_scan_inputs", 1));
  const scanned = node.inputs.slice(states.length).map((name, i) => {
    const axis = ints("scan_input_axes")?.[i] ?? 0;
    return { name, axis, extent: g.find(name)?.shape?.at(axis), isReversed: ints("scan_input_directions")?.[i] === 1 }; // prettier-ignore
  });
  const count = scanned[0]?.extent;
  if (typeof count !== "number" || count === 0 || scanned.some(({ extent }) => extent !== count)) return undefined; // prettier-ignore
  if (count > mostTurns) return undefined;
  const slices = scanned.map(({ name, axis, isReversed }) => {
    const sizes = g.int64s(Array.from({ length: count }, () => 1));
    const parts = g.ops("Split", [g.value(name), sizes], { axis }, { outputs: count });
    const each = parts.map((part) => g.op("Squeeze", [part, g.int64s([axis])]).name);
    return isReversed ? each.toReversed() : each;
  });
  const rows = node.outputs.slice(states.length).map((_, i) => ({
    axis: ints("scan_output_axes")?.[i] ?? 0,
    isReversed: ints("scan_output_directions")?.[i] === 1,
  }));
  const inputsOf = (turn: number, given: readonly string[]) => [...given, ...slices.map((each) => each[turn]!)]; // prettier-ignore
  return { count, states, inner: 0, inputsOf, rows };
}

function addTurns(node: Node, body: Graph, turns: Turns, { g, append }: Surroundings): void {
  const scope = node.name || node.outputs.find((name) => name) || node.op;
  const shared = new Map<string, string>();
  for (const [name, data] of body.initializers) {
    const own = g.freshName(`${scope}/${name}`);
    shared.set(name, g.initializer(own, data).name);
  }
  const nodes = topologicalOrder(body.nodes);
  const stated = statedTypesIn(body);
  let given = turns.states;
  const stacked: string[][] = turns.rows.map(() => []);
  for (let turn = 0; turn < turns.count; turn++) {
    const inTurn = `${scope}/${turn}`;
    const names = new Map(shared);
    const inputs = turns.inputsOf(turn, given);
    body.inputs.forEach(({ name }, i) => names.set(name, inputs[i]!));
    const original = new Map<string, string>();
    for (const name of nodes.flatMap(({ outputs }) => outputs))
      if (name !== "") {
        const own = g.freshName(`${inTurn}/${name}`);
        names.set(name, own);
        original.set(own, name);
      }
    const newName = (name: string) => names.get(name) ?? name;
    const statedInTurn: Stated = (name) => stated(original.get(name) ?? name);
    for (const each of renamedNodes(nodes, inTurn, newName)) append(each, statedInTurn);
    const results = body.outputs.map(({ name }) => newName(name));
    given = results.slice(0, given.length);
    stacked.forEach((each, i) => each.push(results[given.length + i]!));
  }
  const lasting = given.slice(turns.inner);
  const none: Stated = () => undefined;
  node.outputs.forEach((output, i) => {
    if (output === "") return;
    const name = g.freshName(scope);
    const row = turns.rows[i - lasting.length];
    if (!row) return append({ op: "Identity", domain: "", name, inputs: [lasting[i]!], outputs: [output], attributes: {} }, none); // prettier-ignore
    const { axis, isReversed } = row;
    const parts = stacked[i - lasting.length]!.map((each) => g.op("Unsqueeze", [g.value(each), g.int64s([axis])]).name); // prettier-ignore
    g.append({ op: "Concat", domain: "", name, inputs: isReversed ? parts.toReversed() : parts, outputs: [output], attributes: { axis: { type: "int", value: axis } } }); // prettier-ignore
  });
}

/** How often a Loop's body runs; undefined where that depends on data, or is too often. */
function countTurns(
  node: Node,
  body: Graph,
  g: GraphAssembler,
  mostTurns: number,
): number | undefined {
  const [trips = "", condition = "", ...initial] = node.inputs;
  const most = trips === "" ? Infinity : g.find(trips)?.elements?.[0];
  let isHeld = condition === "" ? 1 : g.find(condition)?.elements?.[0];
  if (typeof most !== "number" || typeof isHeld !== "number") return undefined;
  const { nodes, states, isSame } = decisive(body);
  if (states.some((i) => !g.find(initial[i]!))) return undefined;
  const trial = new GraphAssembler({ name: "turns" }, g);
  const constants = new Map([...body.initializers].map(([name, data]) => [name, trial.initializer(trial.freshName(name), data).name])); // prettier-ignore
  let held = condition || g.constant(tensor("bool", [], [1])).name;
  let given = initial;
  for (let turn = 0; ; turn++) {
    if (turn >= most || isHeld === 0) return turn;
    if (turn === mostTurns) return undefined;
    const names = new Map(constants);
    const inputs = [trial.scalar("int64", turn).name, held, ...given];
    body.inputs.forEach(({ name }, i) => names.set(name, inputs[i]!));
    for (const name of nodes.flatMap(({ outputs }) => outputs)) if (name !== "") names.set(name, trial.freshName(name)); // prettier-ignore
    const newName = (name: string) => names.get(name) ?? name;
    try {
      for (const each of renamedNodes(nodes, `turn ${turn}`, newName)) trial.append(each);
    } catch (error) {
      // A form of an older operator set.
      if (isCajalError(error)) return undefined;
      throw error;
    }
    held = newName(body.outputs[0]!.name);
    given = given.map((name, i) => states.includes(i) ? newName(body.outputs[i + 1]!.name) : name); // prettier-ignore
    const next = trial.find(held)?.elements?.[0];
    if (typeof next !== "number") return undefined;
    isHeld = next;
    if (isSame && isHeld !== 0) return most <= mostTurns ? most : undefined;
  }
}

/** The nodes of a Loop's body on which it depends whether there is another turn, and the states that these read. */
function decisive(body: Graph): {
  readonly nodes: readonly Node[];
  readonly states: readonly number[];
  /** Whether it is the same in each turn. */
  readonly isSame: boolean;
} {
  const wanted = new Set([body.outputs[0]!.name]);
  const nodes = topologicalOrder(body.nodes);
  const reads = (name: string) => wanted.has(name);
  for (let size = 0; size < wanted.size;) {
    size = wanted.size;
    for (const node of nodes.toReversed())
      if (node.outputs.some(reads)) for (const name of usedNames(node)) wanted.add(name);
    body.inputs.slice(2).forEach(({ name }, i) => {
      if (reads(name)) wanted.add(body.outputs[i + 1]!.name);
    });
  }
  const states = body.inputs.slice(2).flatMap(({ name }, i) => (reads(name) ? [i] : []));
  const isSame = states.length === 0 && !reads(body.inputs[0]!.name);
  return { nodes: nodes.filter(({ outputs }) => outputs.some(reads)), states, isSame };
}
