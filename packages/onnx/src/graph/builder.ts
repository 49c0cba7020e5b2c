// Builds an ONNX graph: each operator is a method with ONNX's name and argument order, and knows the type and shape of
// what it returns as soon as it is called. The methods are those of the operators' definitions, in operators/; the
// mechanics are in assembler.ts.
import { checkArgument, checkOptions } from "@cajal/core";
import { checkStructure } from "../model/checkStructure";
import type { ElementType } from "../model/elementType";
import type { Dim, Graph, OnnxModel } from "../model/model";
import { operators, type OperatorMethods } from "../operators";
import type { Method, NodeWriter, Value } from "../operators/method";
import { defaultOpset, GraphAssembler, type AssemblerOptions } from "./assembler";
import { loadModel } from "./load";

export { defaultOpset } from "./assembler";
export type { Attributes } from "../model/attribute";
export type { Value } from "../operators/method";
export { broadcast, staticSize } from "../model/dims";

const methods: readonly (readonly [string, Method])[] = operators.flatMap((operator) =>
  Object.entries(operator.methods ?? {}),
);

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the constructor defines each of them
export interface GraphBuilder extends OperatorMethods<GraphBuilder> {}

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- see above
export class GraphBuilder extends GraphAssembler implements NodeWriter {
  constructor(options: AssemblerOptions = {}, outer?: GraphAssembler) {
    super(options, outer);
    for (const [name, method] of methods)
      Object.defineProperty(this, name, { value: (...args: never) => method(this, ...args) });
  }

  /**
   * A builder that begins with the nodes of a model. Shapes are inferred again, and nodes of opsets 7 to 17 are
   * upgraded to opset 18, so that new nodes can be added.
   *
   * @param options.shapes shapes for some inputs, e.g. `{ input: [8, 1, 28, 28] }` for a free batch
   * @param options.unroll whether a Loop or Scan whose number of turns is known becomes their nodes, which have gradients
   *   where it has none; up to 16,384 nodes. Default false
   * @throws CajalError as the operators' methods do; `unknown-name` for an input that the model does not have;
   *   `unsupported` for opsets below 7
   */
  static from(
    model: OnnxModel,
    options: {
      shapes?: Readonly<Record<string, readonly Dim[] | undefined>>;
      unroll?: boolean;
    } = {},
  ): GraphBuilder {
    checkStructure(model, "GraphBuilder.from");
    checkOptions("GraphBuilder.from", options, { shapes: true, unroll: "boolean" });
    const { shapes = {}, unroll: unrolls = false } = options;
    checkArgument("GraphBuilder.from", "shapes", shapes, "object");
    const sets = [model, ...(model.functions ?? [])].map(
      ({ opsets }) => opsets[""] ?? defaultOpset,
    );
    const opset = Math.max(defaultOpset, ...sets);
    const g = new GraphBuilder({ name: model.graph.name, opset });
    loadModel(g, model, { shapes, unrolls });
    return g;
  }

  /** A graph inside this one. */
  subgraph(
    name: string,
    inputs: readonly { dtype: ElementType; shape: readonly Dim[] | undefined }[],
    body: (g: GraphBuilder, inputs: readonly Value[]) => readonly Value[],
  ): Graph {
    const inner = new GraphBuilder({ name }, this);
    const values = inputs.map(({ dtype, shape }) =>
      inner.input(inner.freshName(`${name}/input`), dtype, shape),
    );
    for (const value of body(inner, values)) inner.output(value);
    return inner.buildGraph();
  }
}

/**
 * The model in opset 18 (or its own, if that is newer). Graphs of opsets 7 to 17 have axes and limits as attributes,
 * softmaxes that flatten, Upsample, and other older forms.
 *
 * @throws CajalError `unsupported` for opsets below 7, and for the few forms that opset 18 does not have
 */
export function upgradeModel(model: OnnxModel): OnnxModel {
  checkStructure(model, "upgradeModel");
  return GraphBuilder.from(model).build();
}
