import { type Tensor } from "@cajal/core";
import { type Attributes } from "../model/attribute";
import { type Known, type Scope, type Stated } from "./infer";
import { type ElementType } from "../model/elementType";
import type { Container, Dim, Graph, Initializer, Node, OnnxModel, ValueInfo } from "../model/model";
/** A value in a graph under construction. */
export type Value = ValueInfo;
/** The operator set that graphs are built for: the first where all reductions take axes as input. */
export declare const defaultOpset = 18;
export interface AssemblerOptions {
    readonly name?: string;
    readonly opset?: number;
}
export declare class GraphAssembler implements Scope {
    #private;
    readonly opset: number;
    readonly name: string;
    constructor(options?: AssemblerOptions, outer?: GraphAssembler);
    /** An input of the graph. */
    input(name: string, dtype: ElementType, shape: readonly Dim[] | undefined, containers?: readonly Container[]): Value;
    /** A named constant of the graph, such as a weight. */
    initializer(name: string, data: Initializer): Value;
    /** A constant without a name of its own; equal small ones are shared. */
    constant(data: Initializer): Value;
    /** A scalar constant. Throws CajalError `unsupported` for types that are only carried, but bfloat16. */
    scalar(dtype: ElementType, value: number): Value;
    /** A one-dimensional int64 constant: axes, shapes, pads. */
    int64s(values: readonly number[]): Value;
    /** What a value is known to hold: initializers, constants, and shapes computed from known ones. */
    constantOf(value: Value): Tensor | undefined;
    /**
     * What a small tensor holds, as far as known: numbers, names of free axes, undefined where
     * unknown. `g.elementsOf(g.shape(x))` for x of [batch, 3] is `["batch", 3]`.
     */
    elementsOf(value: Value): readonly Dim[] | undefined;
    /** The value of that name. Throws CajalError `unknown-name`. */
    value(name: string): Value;
    /** What is known of the value of that name, here or in the graph around. */
    find(name: string): Known | undefined;
    /** The nodes so far, in the order in which they run. */
    get nodes(): readonly Node[];
    /** The graph's inputs and outputs so far. */
    get inputs(): readonly ValueInfo[];
    get outputs(): readonly ValueInfo[];
    /** Names the nodes that `body` adds `scope/…`. */
    within<T>(scope: string, body: () => T): T;
    /** Adds a node with one output. */
    op(op: string, inputs: readonly (Value | undefined)[], attributes?: Attributes, domain?: string): Value;
    /**
     * Adds a node with several outputs.
     *
     * @throws CajalError `unknown-name` (operator, attribute), `bad-model` (arity, types), `bad-shape`;
     *   messages name the node
     */
    ops(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes | undefined, { outputs, domain }: {
        outputs: number;
        domain?: string;
    }): Value[];
    /** Adds a node as it is, with its names; its outputs, "" left out as undefined names. */
    append(node: Node, stated?: Stated): Value[];
    /** Output `i` of a node of this graph, declared now where the node had left it out. */
    outputOf(node: Node, i: number): Value;
    /** Declares `value` an output of the graph, under `name` if one is given. */
    output(value: Value, name?: string): Value;
    /**
     * Adds a whole model: its inputs, initializers, nodes and outputs, by their names. Nodes of older
     * operator sets are brought to this one's. All shapes are inferred again; what the model states of
     * them counts where an operator is unknown here.
     *
     * @param shapes shapes for inputs, in place of the model's own
     */
    protected load(withFunctions: OnnxModel, shapes: Readonly<Record<string, readonly Dim[] | undefined>>): void;
    /** The finished graph. */
    buildGraph(): Graph;
    /**
     * The finished model. The builder may be used further; the model does not change with it.
     *
     * @param options.producer, options.metadata default to those of the model that was loaded
     */
    build(options?: {
        producer?: string;
        metadata?: Record<string, string>;
    }): OnnxModel;
    /** A name that no value has yet, within the current scope. */
    freshName(base: string): string;
}
/** Refuses what is no graph under construction. @throws CajalError `bad-argument` */
export declare function checkBuilder(where: string, g: GraphAssembler): void;
/** Refuses what is no value of a graph. @throws CajalError `bad-argument` */
export declare function checkValue(where: string, value: Value): void;
