// Reverse-mode automatic differentiation of ONNX graphs: a graph goes in, the graph of its
// gradients comes out (Griewank & Walther 2008, chapter 3). Every gradient is made of operators
// that stock ONNX Runtime has.
import {
  CajalError,
  isCajalError,
  nearest,
  checkArgument,
  checkOptions,
  optionsOf,
} from "@cajal/core";
import { checkStructure } from "./model/checkStructure";
import { attributesOf } from "./model/attribute";
import { checkBuilder, checkValue } from "./graph/checkValue";
import { GraphBuilder, type Attributes, type Value } from "./graph/builder";
import { nameOf } from "./graph/infer";
import { gradients as definitions } from "./gradients";
import type { Gradient, GradientContext, Scaled } from "./gradients/gradient";
import { fallback, type BackwardContext, type BackwardRules } from "./gradients/backwardRule";
import type { Dim, Node, OnnxModel } from "./model/model";
import { multiplied } from "./gradients/shared/scaled";
import { rankOf } from "./gradients/shared/sumTo";
import { definitionOf, isFloat, nodesBetween } from "./gradientPaths";

export interface DifferentiateOptions {
  /** The value to differentiate: a scalar, or anything whose elements' sum is meant. */
  readonly of: string;
  /** The values to differentiate by: inputs, initializers or values between. */
  readonly withRespectTo: readonly string[];
  /** Extents for inputs whose shape is free; the choice of formulations needs them. */
  readonly shapes?: Readonly<Record<string, readonly Dim[]>>;
  /** Channels in a block, where {@link blocked} comes after: formulations are chosen for it. */
  readonly block?: number | undefined;
  /** Whether the graph will run where MaxPool gives no indices, as on ONNX Runtime's provider webgpu. */
  readonly withoutIndices?: boolean | undefined;
  /** What goes backwards in place of gradients, by operator. */
  readonly rules?: BackwardRules | undefined;
}

/**
 * The model with gradients as further outputs: `gradient/NAME` for each name in `withRespectTo`.
 *
 * @throws CajalError `unknown-name` for a value that is not there, `unsupported` for an operator
 *   without a gradient (the message names the node and the operators that have one)
 */
export function differentiate(model: OnnxModel, options: DifferentiateOptions): OnnxModel {
  checkStructure(model, "differentiate");
  checkOptions("differentiate", options, optionNames);
  checkArgument("differentiate", "of", options.of, "string");
  checkArgument("differentiate", "withRespectTo", options.withRespectTo, "strings");
  const g = GraphBuilder.from(model, { shapes: options.shapes });
  const of = g.value(options.of);
  const by = options.withRespectTo.map((name) => g.value(name));
  gradients(g, of, by, options).forEach((gradient, i) => {
    g.output(gradient, `gradient/${options.withRespectTo[i]!}`);
  });
  return g.build({ producer: model.producer, metadata: Object.fromEntries(model.metadata) });
}

/** The operators that have a gradient. */
export const differentiable: readonly string[] = definitions.map(({ op, domain }) =>
  domain ? `${domain}.${op}` : op,
);

/** What the choice of formulations goes by. */
type Formulations = Pick<DifferentiateOptions, "block" | "withoutIndices">;

export interface GradientsOptions extends Formulations {
  /** What takes the place of gradients, by operator; default: gradients. */
  readonly rules?: BackwardRules | undefined;
  /** The gradient that arrives at `of`, of its shape; ones unless given. */
  readonly dy?: Value | undefined;
}

/**
 * Adds to the graph the gradients of the sum of `of` with respect to each value of
 * `withRespectTo`; a value that `of` does not depend on has a gradient of zeros. With `dy`, those of
 * the sum of `of` times `dy`; with `rules`, what these make of it in place of gradients.
 *
 * @throws CajalError `unsupported` where a gradient is not known; the message names the node.
 *   `bad-argument` for values that are no floating-point numbers
 */
export function gradients(
  g: GraphBuilder,
  of: Value,
  withRespectTo: readonly Value[],
  options: GradientsOptions = {},
): Value[] {
  checkValues("gradients", g, of, withRespectTo);
  checkArgument("gradients", "options", options, "object");
  const { rules, dy = like(g, of, 1), ...formulations } = options;
  checked(dy, of, `the gradient of "${of.name}"`);
  return pullback(g, [of], [dy], withRespectTo, { formulations, rules });
}

/**
 * Whether {@link gradients} would find a rule for every operator: looks at the nodes alone, adds none.
 *
 * @throws CajalError `unsupported` for the last operator without a gradient, as {@link gradients}
 */
export function checkDifferentiable(
  g: GraphBuilder,
  of: Value,
  withRespectTo: readonly Value[],
): void {
  checkValues("checkDifferentiable", g, of, withRespectTo);
  for (const node of [...nodesBetween(g, g.nodes, [of], withRespectTo).keys()].toReversed())
    rule(node);
}

/** How a pullback goes about it. */
interface Way {
  readonly formulations: Formulations;
  readonly rules?: BackwardRules | undefined;
  /** The number of the first node to go back through. */
  readonly from?: number;
}

/** Takes gradients `dys` of `outputs` back to `inputs` (the vector-Jacobian product). */
function pullback(
  g: GraphBuilder,
  outputs: readonly Value[],
  dys: readonly Value[],
  inputs: readonly Value[],
  { formulations, rules, from = 0 }: Way,
): Value[] {
  const nodes = g.nodes.slice(from);
  const active = nodesBetween(g, nodes, outputs, inputs);
  // The gradients that have arrived at a value so far, one from each node that uses it.
  const arrived = new Map<string, (Value | Scaled)[]>();
  const arrive = (name: string, dy: Value | Scaled) => {
    const list = arrived.get(name);
    if (list) list.push(dy);
    else arrived.set(name, [dy]);
  };
  const asked = new Set(inputs.map(({ name }) => name));
  const sums = new Map<string, Value>();
  const consumers = consumersIn(nodes);
  const total = (name: string): Value | undefined => {
    const list = arrived.get(name);
    if (!list) return undefined;
    const sum = list
      .map((dy) => ("scale" in dy ? multiplied(g, dy) : dy))
      .reduce((a, b) => g.add(a, b));
    arrived.set(name, [sum]);
    return sum;
  };
  const totalToScale = (name: string): Scaled | undefined => {
    const [first, ...more] = arrived.get(name) ?? [];
    return first && "scale" in first && more.length === 0 ? first : undefined;
  };

  outputs.forEach((output, i) => arrive(output.name, dys[i]!));
  for (const node of nodes.toReversed()) {
    const wanted = active.get(node);
    if (!wanted) continue;
    if (!node.outputs.some((name) => arrived.has(name))) continue;
    g.within(`gradient/${node.name || node.outputs[0]!}`, () => {
      const own = rules?.[nameOfOperator(node)] ?? rules?.[fallback];
      const { gradient, takesScaled } = own ? { gradient: undefined } : rule(node);
      const toScale = takesScaled && totalToScale(node.outputs[0]!);
      const dysOfNode = toScale ? [toScale.value] : node.outputs.map((name) => total(name));
      const scale = toScale?.scale;
      const about = { wanted, formulations, sums, consumers, scale, from: g.nodes.length };
      const dxs = named(node, () =>
        own
          ? own(dysOfNode, backwardContext(g, node, context(g, node, about)), g)
          : gradient!(dysOfNode, context(g, node, about), g),
      );
      for (const i of wanted) {
        const name = node.inputs[i]!;
        const dx = dxs[i];
        // A value that stands in two places may have one gradient, told in one of them.
        if (!dx && node.inputs.some((other, k) => other === name && dxs[k])) continue;
        if (!dx) throw noGradientBy(node, i);
        checked(
          "scale" in dx ? dx.value : dx,
          g.value(name),
          `node "${node.name}" (${node.op}): the gradient of input "${name}"`,
        );
        arrive(name, dx);
      }
    });
    // All that uses these has been, and a long graph has many.
    for (const name of node.outputs) if (!asked.has(name)) arrived.delete(name);
  }
  return inputs.map((value) => total(value.name) ?? like(g, value, 0));
}

/** The nodes that use a value, by its name; looked up once it is asked for. */
function consumersIn(nodes: readonly Node[]): (name: string) => readonly Node[] {
  let byInput: Map<string, Node[]> | undefined;
  return (name) => {
    if (!byInput) {
      byInput = new Map();
      for (const node of nodes)
        for (const input of node.inputs) {
          const list = byInput.get(input);
          if (list) list.push(node);
          else byInput.set(input, [node]);
        }
    }
    return byInput.get(name) ?? [];
  };
}

/** The node is named in the error of a rule that cannot give its gradient. */
function named<T>(node: Node, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    if (!isCajalError(cause) || cause.message.startsWith(nameOf(node))) throw cause;
    throw new CajalError(
      "unsupported",
      `${nameOf(node)}: ${cause.message}`,
      { ...cause.facts, node: node.name, op: node.op },
      { cause },
    );
  }
}

const noGradientBy = (node: Node, i: number) =>
  new CajalError(
    "unsupported",
    `${nameOf(node)}: it has no gradient by its input ${i} ("${node.inputs[i]}").`,
    { node: node.name, op: node.op, input: i },
  );

const optionNames = optionsOf<DifferentiateOptions>({
  of: "string",
  withRespectTo: "strings",
  shapes: "object",
  block: { whole: true, least: 1 },
  withoutIndices: "boolean",
  rules: true,
});

/** Refuses what are no values of a graph, and values that have no gradients. */
function checkValues(
  where: string,
  g: GraphBuilder,
  of: Value,
  withRespectTo: readonly Value[],
): void {
  checkBuilder(where, g);
  checkArgument(where, "withRespectTo", withRespectTo, "array");
  for (const value of [of, ...withRespectTo]) checkValue(where, value);
  for (const { name, dtype } of [of, ...withRespectTo])
    if (!isFloat(dtype))
      throw new CajalError(
        "bad-argument",
        `value "${name}" is ${dtype}: only floating-point numbers have gradients.`,
        { value: name, dtype },
      );
}

const nameOfOperator = ({ op, domain }: Node) => (domain ? `${domain}.${op}` : op);

function rule(node: Node): Gradient {
  const gradient = definitionOf(node);
  if (gradient) return gradient;
  const op = nameOfOperator(node);
  throw new CajalError(
    "unsupported",
    `node "${node.name || node.outputs[0]}": operator ${op} has no gradient. Operators that have one, nearest first: ${nearest(op, differentiable).join(", ")}.`,
    { node: node.name, op, differentiable },
  );
}

function context(
  g: GraphBuilder,
  node: Node,
  {
    wanted,
    formulations,
    scale,
    sums,
    consumers,
    from,
  }: {
    wanted: readonly number[];
    formulations: Formulations;
    scale: Value | undefined;
    sums: Map<string, Value>;
    consumers: (name: string) => readonly Node[];
    from: number;
  },
): GradientContext {
  const find = (name: string) => (name === "" ? undefined : g.value(name));
  const inputs = node.inputs.map(find);
  return {
    node,
    inputs,
    outputs: node.outputs.map(find),
    wants: (i) => wanted.includes(i),
    output: (i) => g.outputOf(node, i),
    scale,
    setChannelSums: (dx, dxSums) => void sums.set(dx.name, dxSums),
    channelSums: (dy) => sums.get(dy.name) ?? sumOverChannels(g, dy),
    consumers,
    masks: ({ op, domain }) => definitionOf({ op, domain })?.masks === true,
    constant: (i) => inputs[i] && g.constantOf(inputs[i]),
    block: formulations.block,
    withoutIndices: formulations.withoutIndices ?? false,
    // Not through what was there before: one input may be made of another one.
    pullback: (outputs, dys, of) => pullback(g, outputs, dys, of, { formulations, from }),
    ...attributesOf(node),
  };
}

/** What a backward rule can do beside what a gradient can. */
const backwardContext = (
  g: GraphBuilder,
  node: Node,
  gradientContext: GradientContext,
): BackwardContext => ({
  ...gradientContext,
  gradient: (dys) => {
    const dxs = rule(node).gradient(dys, gradientContext, g);
    return dxs.map((dx) => (dx && "scale" in dx ? multiplied(g, dx) : dx));
  },
  apply: (inputs) => {
    const { op, domain, attributes } = node;
    const values = Object.entries(attributes).map(([name, { value }]) => [name, value] as const);
    return g.op(op, inputs, Object.fromEntries(values) as Attributes, domain);
  },
});

function sumOverChannels(g: GraphBuilder, dy: Value): Value {
  const axes = Array.from({ length: rankOf(dy) }, (_, axis) => axis).filter((axis) => axis !== 1);
  return g.reduceSum(dy, { axes, keepdims: false });
}

/** A gradient has the type and shape of what it is the gradient of; else the rule is wrong. */
function checked(dx: Value, x: Value, what: string): void {
  const fits =
    dx.dtype === x.dtype &&
    (!dx.shape ||
      !x.shape ||
      (dx.shape.length === x.shape.length &&
        dx.shape.every((extent, i) => {
          const other = x.shape![i];
          return typeof extent !== "number" || typeof other !== "number" || extent === other;
        })));
  if (!fits)
    throw new CajalError(
      "bad-shape",
      `${what} has type ${dx.dtype} and shape [${dx.shape?.join()}], expected ${x.dtype} and [${x.shape?.join()}].`,
      { value: x.name },
    );
}

/** A constant of the shape of `value`, every element `fill`. */
function like(g: GraphBuilder, value: Value, fill: number): Value {
  if (value.shape?.length === 0) return g.scalar(value.dtype, fill);
  return g.expand(g.scalar(value.dtype, fill), g.shape(value));
}
