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
import type { ChooseFormulation } from "./closeFormulations";
import { applyScale } from "./gradients/shared/scaled";
import { computedAgain, type ForwardValue } from "./gradients/shared/computedAgain";
import { pooledGates } from "./gradients/shared/pooledGates";
import { positive } from "./gradients/relu";
import { rankOf } from "./gradients/shared/sumTo";
import { definitionOf, isFloat, nodesBetween, readsOf } from "./gradientPaths";
import { operator } from "./operators";

export interface DifferentiateOptions {
  /** Name of the value to differentiate: a scalar, or a tensor whose elements are summed. */
  readonly of: string;
  /** Names of the values to differentiate with respect to: inputs, initializers or intermediate values. */
  readonly withRespectTo: readonly string[];
  /** Shapes of inputs with free extents, by name; the choice of formulations needs them. */
  readonly shapes?: Readonly<Record<string, readonly Dim[]>>;
  /** Channels per block, where {@link blocked} is applied afterwards: formulations are chosen for it. */
  readonly block?: number | undefined;
  /**
   * Whether the graph will run on ONNX Runtime's provider webgpu, whose MaxPool has no output of indices and which other
   * formulations suit. Default false.
   */
  readonly webgpu?: boolean | undefined;
  /**
   * Whether it will run on a GPU by another provider, such as CUDA, where no convolution takes kernels as large as its
   * images. Default false.
   */
  readonly gpu?: boolean | undefined;
  /**
   * Picks between formulations of a gradient whose times are close, such as by timing them; the gradients are equal but
   * for rounding. Default: a rule, by what was fastest on the processors at hand.
   */
  readonly choose?: ChooseFormulation | undefined;
  /** Rules that replace gradients, by operator. Default: none. */
  readonly rules?: BackwardRules | undefined;
}

/**
 * The model with gradients as further outputs: `gradient/NAME` for each name in `withRespectTo`.
 *
 * @throws CajalError `unknown-name` for a value that the graph does not have, `unsupported` for an operator
 *   without a gradient (the message names the node and the operators that have one)
 */
export function differentiate(model: OnnxModel, options: DifferentiateOptions): OnnxModel {
  checkStructure(model, "differentiate");
  checkOptions("differentiate", options, optionKinds);
  checkArgument("differentiate", "of", options.of, "string");
  checkArgument("differentiate", "withRespectTo", options.withRespectTo, "strings");
  const g = GraphBuilder.from(model, { shapes: options.shapes, unroll: true });
  const target = g.value(options.of);
  const values = options.withRespectTo.map((name) => g.value(name));
  gradients(g, target, values, options).forEach((gradient, i) => {
    g.output(gradient, `gradient/${options.withRespectTo[i]!}`);
  });
  return g.build({ producer: model.producer, metadata: Object.fromEntries(model.metadata) });
}

/** The operators that have a gradient: "Relu", "com.microsoft.Gelu". */
export const differentiable: readonly string[] = definitions.map(({ op, domain }) =>
  domain ? `${domain}.${op}` : op,
);

/** What the choice between formulations of a gradient depends on. */
type Formulations = Pick<DifferentiateOptions, "block" | "webgpu" | "gpu" | "choose">;

export interface GradientsOptions extends Formulations {
  /** Rules that replace gradients, by operator. Default: none. */
  readonly rules?: BackwardRules | undefined;
  /**
   * Whether what normalizations by the statistics of a batch give, and the activations of that, are computed again for
   * the gradients, in place of being kept for them: less memory for up to four per cent more time. Default false.
   */
  readonly recompute?: boolean | undefined;
  /** The gradient of `target`, of its type and shape. Default: ones. */
  readonly dy?: Value | undefined;
}

/**
 * Adds to the graph the gradients of the sum of `target` with respect to each value of `withRespectTo`; a
 * value that `target` does not depend on has a gradient of zeros. With `dy` they are the gradients of the
 * sum of `target` · `dy`; with `rules`, what these rules compute in place of gradients.
 *
 * @returns one value for each of `withRespectTo`, of its type and shape
 * @throws CajalError `unsupported` where an operator has no gradient; the message names the node.
 *   `bad-argument` for values that are not floating-point
 */
export function gradients(
  g: GraphBuilder,
  target: Value,
  withRespectTo: readonly Value[],
  options: GradientsOptions = {},
): Value[] {
  checkValues("gradients", g, target, withRespectTo);
  checkArgument("gradients", "options", options, "object");
  const { rules, recompute, dy = filledLike(g, target, 1), ...formulations } = options;
  checkTypeAndShape(dy, target, `the gradient of "${target.name}"`);
  return pullback(g, [target], [dy], withRespectTo, { formulations, rules, recompute });
}

/**
 * Checks that {@link gradients} would find a rule for every operator, by looking at the nodes; adds none. Into the branches
 * of an If only gradients look.
 *
 * @throws CajalError `unsupported` for the last node without a gradient, as {@link gradients}
 */
export function checkDifferentiable(
  g: GraphBuilder,
  target: Value,
  withRespectTo: readonly Value[],
): void {
  checkValues("checkDifferentiable", g, target, withRespectTo);
  for (const node of [...nodesBetween(g, g.nodes, [target], withRespectTo).keys()].toReversed())
    rule(node);
}

interface PullbackOptions {
  readonly formulations: Formulations;
  readonly rules?: BackwardRules | undefined;
  readonly recompute?: boolean | undefined;
  /** The index of the first node to differentiate. */
  readonly from?: number;
}

/** Takes gradients `dys` of `outputs` back to `inputs` (the vector-Jacobian product). */
function pullback(
  g: GraphBuilder,
  outputs: readonly Value[],
  dys: readonly Value[],
  inputs: readonly Value[],
  { formulations, rules, recompute = false, from = 0 }: PullbackOptions,
): Value[] {
  const nodes = g.nodes.slice(from);
  const wantedInputs = nodesBetween(g, nodes, outputs, inputs);
  // The gradients of each value so far, one from each node that uses it.
  const contributions = new Map<string, (Value | Scaled)[]>();
  const addContribution = (name: string, dy: Value | Scaled) => {
    const list = contributions.get(name);
    if (list) list.push(dy);
    else contributions.set(name, [dy]);
  };
  const requested = new Set(inputs.map(({ name }) => name));
  const sums = new Map<string, Value>();
  const consumers = consumersIn(nodes);
  const forward: ForwardValue = recompute ? computedAgain(g, wantedInputs, consumers) : (name) => g.value(name); // prettier-ignore
  const isKept = (name: string) =>
    requested.has(name) || outputs.some((output) => output.name === name);
  const { pools, gates } = pooledGates(rules ? [] : nodes, consumers, isKept);
  const total = (name: string): Value | undefined => {
    const list = contributions.get(name);
    if (!list) return undefined;
    const sum = list
      .map((dy) => ("scale" in dy ? applyScale(g, dy) : dy))
      .reduce((a, b) => g.add(a, b));
    contributions.set(name, [sum]);
    return sum;
  };
  const totalWithScale = (name: string): Scaled | undefined => {
    const [first, ...more] = contributions.get(name) ?? [];
    return first && "scale" in first && more.length === 0 ? first : undefined;
  };

  outputs.forEach((output, i) => addContribution(output.name, dys[i]!));
  for (const node of nodes.toReversed()) {
    const wanted = wantedInputs.get(node);
    if (!wanted) continue;
    if (!node.outputs.some((name) => contributions.has(name))) continue;
    g.within(`gradient/${node.name || node.outputs[0]!}`, () => {
      const reads = readsOf(node);
      // A rule for all operators is one for those in the node's graphs.
      const hasGraphs = reads.length > node.inputs.length;
      const customRule =
        rules?.[nameOfOperator(node)] ?? (hasGraphs ? undefined : rules?.[fallback]);
      const { gradient, takesScaled } = customRule ? { gradient: undefined } : rule(node);
      const scaled = takesScaled && totalWithScale(node.outputs[0]!);
      const dysOfNode = scaled ? [scaled.value] : node.outputs.map((name) => total(name));
      if (pools.has(node))
        dysOfNode[0] = g.mul(dysOfNode[0]!, positive(g, g.value(node.outputs[0]!)));
      const scale = scaled?.scale;
      const dy = dysOfNode.find((each) => each !== undefined);
      const find = (name: string) => (name === "" ? undefined : forward(name, node, dy));
      const options = { wanted, reads, formulations, rules, sums, consumers, scale, find, from: g.nodes.length }; // prettier-ignore
      const dxs = withNodeName(node, () =>
        gates.has(node)
          ? dysOfNode
          : customRule
            ? customRule(dysOfNode, backwardContext(g, node, context(g, node, options)), g)
            : gradient!(dysOfNode, context(g, node, options), g),
      );
      for (const i of wanted) {
        const name = reads[i]!;
        const dx = dxs[i];
        // Where a value is two inputs of the node, the rule may give its gradient at one of them.
        if (!dx && reads.some((other, k) => other === name && dxs[k])) continue;
        if (!dx) throw noGradientBy(node, i);
        checkTypeAndShape(
          "scale" in dx ? dx.value : dx,
          g.value(name),
          `node "${node.name}" (${node.op}): the gradient of input "${name}"`,
        );
        addContribution(name, dx);
      }
    });
    // Every node that uses these values is done; a long graph has many.
    for (const name of node.outputs) if (!requested.has(name)) contributions.delete(name);
  }
  return inputs.map((value) => total(value.name) ?? filledLike(g, value, 0));
}

/** The nodes that use a value, by its name; the index is built on first use. */
function consumersIn(nodes: readonly Node[]): (name: string) => readonly Node[] {
  let byInput: Map<string, Node[]> | undefined;
  return (name) => {
    if (!byInput) {
      byInput = new Map();
      for (const node of nodes)
        for (const input of readsOf(node)) {
          const list = byInput.get(input);
          if (list) list.push(node);
          else byInput.set(input, [node]);
        }
    }
    return byInput.get(name) ?? [];
  };
}

/** Adds the node's name to the error of a rule that cannot give its gradient. */
function withNodeName<T>(node: Node, body: () => T): T {
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
    `${nameOf(node)}: it has no gradient by its input ${i} ("${readsOf(node)[i]}").`,
    { node: node.name, op: node.op, input: i },
  );

const optionKinds = optionsOf<DifferentiateOptions>({
  of: "string",
  withRespectTo: "strings",
  shapes: "object",
  block: { whole: true, least: 1 },
  webgpu: "boolean",
  gpu: "boolean",
  choose: "function",
  rules: true,
});

/** Refuses what is not a value of the graph, and values that have no gradients. */
function checkValues(
  where: string,
  g: GraphBuilder,
  target: Value,
  withRespectTo: readonly Value[],
): void {
  checkBuilder(where, g);
  checkArgument(where, "withRespectTo", withRespectTo, "array");
  for (const value of [target, ...withRespectTo]) checkValue(where, value);
  for (const { name, dtype } of [target, ...withRespectTo])
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
  const { withoutGradient } = operator(node.op, node.domain) ?? {};
  if (withoutGradient !== undefined)
    throw new CajalError("unsupported", `node "${node.name || node.outputs[0]}": operator ${op} has no gradient here: ${withoutGradient}.`, { node: node.name, op }); // prettier-ignore
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
    reads,
    formulations,
    rules,
    scale,
    sums,
    consumers,
    find,
    from,
  }: {
    wanted: readonly number[];
    reads: readonly string[];
    formulations: Formulations;
    rules: BackwardRules | undefined;
    scale: Value | undefined;
    sums: Map<string, Value>;
    consumers: (name: string) => readonly Node[];
    find: (name: string) => Value | undefined;
    from: number;
  },
): GradientContext {
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
    webgpu: formulations.webgpu ?? false,
    gpu: formulations.gpu ?? false,
    choose: formulations.choose,
    // Only through nodes that the rule has added: one input may be computed from another one.
    pullback: (outputs, dys, target) => pullback(g, outputs, dys, target, { formulations, from }),
    reads,
    pullbackIn: (inner, outputs, dys, target) => pullback(inner, outputs, dys, target, { formulations, rules }), // prettier-ignore
    ...attributesOf(node),
  };
}

/** The context of a backward rule: that of a gradient, and the operator's own gradient. */
const backwardContext = (
  g: GraphBuilder,
  node: Node,
  gradientContext: GradientContext,
): BackwardContext => ({
  ...gradientContext,
  gradient: (dys) => {
    const dxs = rule(node).gradient(dys, gradientContext, g);
    return dxs.map((dx) => (dx && "scale" in dx ? applyScale(g, dx) : dx));
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

/** A gradient must have the type and shape of the value that it is the gradient of. */
function checkTypeAndShape(dx: Value, x: Value, what: string): void {
  const isSame =
    dx.dtype === x.dtype &&
    (!dx.shape ||
      !x.shape ||
      (dx.shape.length === x.shape.length &&
        dx.shape.every((extent, i) => {
          const other = x.shape![i];
          return typeof extent !== "number" || typeof other !== "number" || extent === other;
        })));
  if (!isSame)
    throw new CajalError(
      "bad-shape",
      `${what} has type ${dx.dtype} and shape [${dx.shape?.join()}], expected ${x.dtype} and [${x.shape?.join()}].`,
      { value: x.name },
    );
}

/** A constant of the shape of `value`, every element `fill`. */
function filledLike(g: GraphBuilder, value: Value, fill: number): Value {
  if (value.shape?.length === 0) return g.scalar(value.dtype, fill);
  return g.expand(g.scalar(value.dtype, fill), g.shape(value));
}
