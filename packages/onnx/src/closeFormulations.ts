// A gradient that can be written in several ways whose times are close: which of them is fastest is the processor's,
// so whoever runs the graph may time them there. Without that, a rule from earlier measurements picks.
import { GraphBuilder, type Value } from "./graph/builder";
import type { Convolution } from "./graph/convolution";
import type { OnnxModel } from "./model/model";

/** Formulations of one gradient whose times are close. */
export interface CloseFormulations {
  /** What is computed and how it may be, in words; equal choices have equal keys. */
  readonly key: string;
  /** Their names, the rule's first. */
  readonly names: readonly string[];
  /** Multiply-adds of computing it once. */
  readonly multiplyAdds: number;
  /**
   * A graph that computes the gradient in one of them, to be timed: from the scalar input `x`, with which its
   * tensors are filled, to the output `y`, one element of the gradient.
   */
  trial(name: string): OnnxModel;
}

/** Picks one of the formulations by name. */
export type ChooseFormulation = (close: CloseFormulations) => string;

/** What the graph will run on. */
export interface Target {
  /** Channels in a block of the kernels that it will be rewritten for ({@link blocked}), if it will be. */
  readonly block?: number | undefined;
  /** Whether that is ONNX Runtime's webgpu. */
  readonly webgpu?: boolean | undefined;
  /** Whether that is a GPU by another provider, such as CUDA. */
  readonly gpu?: boolean | undefined;
  /** Picks between close formulations; default: by rule. */
  readonly choose?: ChooseFormulation | undefined;
}

/**
 * The formulation to take: the only one, or the one chosen of several.
 *
 * @param write adds the gradient to a graph, from tensors of these shapes
 */
export function chosen<Name extends string>(
  what: string,
  conv: Convolution,
  names: readonly [Name, ...Name[]],
  { block, choose }: Target,
  {
    shapes,
    write,
  }: {
    readonly shapes: readonly (readonly number[])[];
    readonly write: (name: Name, g: GraphBuilder, values: readonly Value[]) => Value;
  },
): Name {
  if (!choose || names.length === 1) return names[0];
  const { batch, channels, maps, group, kernel, output } = conv;
  const name = choose({
    key: `${what} of ${described(conv)}${block === undefined ? "" : `, blocks of ${block}`}: ${names.join(", ")}`,
    names,
    multiplyAdds: product([batch, channels / group, maps, ...kernel, ...output]),
    trial(name) {
      const g = new GraphBuilder({ name: "trial" });
      const x = g.input("x", "float32", []);
      const values = shapes.map((shape) => g.expand(x, shape));
      const line = g.reshape(write(name as Name, g, values), [-1]);
      g.output(g.slice(line, { starts: [0], ends: [1], axes: [0] }), "y");
      return g.build();
    },
  });
  return names.find((each) => each === name) ?? names[0];
}

const described = (conv: Convolution): string =>
  [
    `batch ${conv.batch}`,
    `${[conv.channels, ...conv.input].join("×")} to ${[conv.maps, ...conv.output].join("×")}`,
    `kernel ${conv.kernel.join("×")}`,
    `strides ${conv.strides.join(" ")}`,
    `dilations ${conv.dilations.join(" ")}`,
    `pads ${conv.pads.join(" ")}`,
    `group ${conv.group}`,
  ].join(", ");

const product = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);
