// Discrete Fourier transforms, and the windows and mel filters that go with them. Complex numbers are a
// last axis of two: real and imaginary part.
import { tensor } from "@cajal/core";
import { dtypeOf } from "../model/elementType";
import { axisOf, numbersOf, show } from "../model/dims";
import type { Dim } from "../model/model";
import { namedMethod, type NodeWriter, type Value } from "./method";
import { badShape, defineOperator, flag, type Inferred } from "./operator";
import { scalarOr, type Flag } from "./shared/arguments";

const int64 = (...values: number[]) => tensor("int64", [], values);

/** The one number that an input holds, where it is known. */
const single = (value: Inferred | undefined): number | undefined => numbersOf(value)?.[0];

function checkCount(name: string, value: number | undefined): void {
  if (value !== undefined && !(value >= 1))
    throw badShape(`${name} is ${value}, expected at least 1.`);
}

/** Bins of a spectrum of `length` numbers; one-sided, those up to the Nyquist frequency. */
const bins = (length: Dim, oneSided: boolean): Dim =>
  oneSided ? (typeof length === "number" ? Math.floor(length / 2) + 1 : undefined) : length;

const dft = defineOperator({
  op: "DFT",
  methods: {
    /** Along `axis` (default: the last but one) of x [batch, ..., 1 or 2], cut or padded to `length`. */
    dft: (
      g: NodeWriter,
      x: Value,
      {
        axis = -2,
        length,
        ...attributes
      }: { axis?: number; length?: number; inverse?: Flag; onesided?: Flag } = {},
    ) => {
      const size = scalarOr(g, "int64", length);
      if (g.opset >= 20) return g.op("DFT", [x, size, g.scalar("int64", axis)], attributes);
      const rank = x.shape?.length ?? 0;
      return g.op("DFT", [x, size], { ...attributes, axis: axis < 0 ? axis + rank : axis });
    },
  },
  since: 17,
  inputs: [1, 3],
  outputs: [1, 1],
  // Divides by the length of the signal.
  failsOnEmpty: ([x]) => x?.slice(1).includes(0) === true,
  types: ["float", "index:length", "int64"],
  // The axis was an attribute (1 where absent) before operator set 20, and is an input (−2) since.
  attributes: { axis: "int", inverse: "int", onesided: "int" },
  bounds: { inverse: flag, onesided: flag },
  infer: (node) => {
    const [x, length, axisInput] = node.inputs as readonly [Inferred, ...(Inferred | undefined)[]];
    const { dtype, shape } = x;
    if (!shape) return [{ dtype, shape }];
    if (
      shape.length < 2 ||
      (typeof shape.at(-1) === "number" && ![1, 2].includes(shape.at(-1) as number))
    )
      throw badShape(`input ${show(shape)}: expected [batch, ...signal, 1 or 2].`);
    const oneSided = node.int("onesided", 0) === 1;
    const inverse = node.int("inverse", 0) === 1;
    if (inverse && oneSided && shape.at(-1) === 1)
      throw badShape(
        `input ${show(shape)}: of half a spectrum, expected complex numbers, [..., 2].`,
      );
    checkCount("dft_length", length && single(length));
    const axis = node.opset < 20 ? node.int("axis", 1) : axisInput ? single(axisInput) : -2;
    if (axis === undefined) return [{ dtype, shape: shape.map(() => undefined) }];
    const along = axisOf(axis, shape.length, shape);
    if (along === shape.length - 1)
      throw badShape(`axis ${axis} of ${show(shape)} is that of real and imaginary parts.`);
    // Of half a spectrum comes a signal of even length, unless it is stated.
    const extentIn = shape[along];
    const signalExtent =
      inverse && oneSided && typeof extentIn === "number" ? 2 * (extentIn - 1) : extentIn;
    const extent = length ? single(length) : signalExtent;
    const result = shape.map((each, i) =>
      i === along ? (inverse ? extent : bins(extent, oneSided)) : each,
    );
    return [{ dtype, shape: [...result.slice(0, -1), inverse && oneSided ? 1 : 2] }];
  },
  samples: [
    { inputs: [[2, 8, 1]], attributes: { axis: 1 } },
    { inputs: [[2, 5, 7, 2]], attributes: { axis: 2, inverse: 1 } },
    { inputs: [[2, 9, 1], int64(6)], attributes: { onesided: 1 } },
    { inputs: [[1, 3, 4, 1], int64(6)], attributes: { axis: -2 } },
  ],
});

const stft = defineOperator({
  op: "STFT",
  methods: {
    /** [batch, frames, bins, 2] of x [batch, length, 1]. */
    stft: (
      g: NodeWriter,
      x: Value,
      step: number,
      { window, length, onesided }: { window?: Value; length?: number; onesided?: Flag },
    ) =>
      g.op("STFT", [x, g.scalar("int64", step), window, scalarOr(g, "int64", length)], {
        onesided,
      }),
  },
  since: 17,
  inputs: [2, 4],
  outputs: [1, 1],
  // Divides by the length of the window.
  failsOnEmpty: ([x, , window]) => x?.slice(1).includes(0) === true || window?.[0] === 0,
  types: ["float", "index:length", "float", "index:length"],
  attributes: { onesided: "int" },
  bounds: { onesided: flag },
  infer: (node) => {
    const [signal, step, window, frame] = node.inputs;
    const { dtype, shape } = signal;
    if (shape && shape.length !== 3 && shape.length !== 2)
      throw badShape(`signal ${show(shape)}: expected [batch, length, 1 or 2].`);
    const windowLength = window?.shape?.[0];
    const statedLength = frame ? single(frame) : undefined;
    if (!window && !frame) throw badShape("expected a window, a frame_length, or both.");
    if (
      typeof windowLength === "number" &&
      statedLength !== undefined &&
      windowLength !== statedLength
    )
      throw badShape(`a window of ${windowLength} and a frame_length of ${statedLength}.`);
    const length = frame ? statedLength : windowLength;
    const every = single(step);
    checkCount("frame_step", every);
    // 0 ends the process.
    checkCount("frame_length", statedLength);
    const signalLength = shape?.[1];
    const frames =
      typeof signalLength === "number" && typeof length === "number" && every
        ? Math.floor((signalLength - length) / every) + 1
        : undefined;
    if (frames !== undefined && frames < 1)
      throw badShape(`frames of ${length} do not fit into a signal ${show(shape)}.`);
    return [{ dtype, shape: [shape?.[0], frames, bins(length, node.int("onesided", 1) === 1), 2] }];
  },
  samples: [
    { inputs: [[2, 32, 1], int64(4), undefined, int64(8)] },
    { inputs: [[1, 20, 1], int64(5), [10]], attributes: { onesided: 0 } },
    { inputs: [[1, 20, 1], int64(3), [6], int64(6)] },
  ],
});

const melWeightMatrix = defineOperator({
  op: "MelWeightMatrix",
  methods: {
    /** [dft_length / 2 + 1, bands] */
    melWeightMatrix: (
      g: NodeWriter,
      {
        bands,
        dftLength,
        sampleRate,
        low,
        high,
      }: {
        bands: number;
        dftLength: number;
        sampleRate: number;
        /** Hertz. */
        low: number;
        high: number;
      },
    ) =>
      g.op("MelWeightMatrix", [
        ...[bands, dftLength, sampleRate].map((size) => g.scalar("int64", size)),
        ...[low, high].map((hertz) => g.scalar("float32", hertz)),
      ]),
  },
  since: 17,
  inputs: [5, 5],
  outputs: [1, 1],
  types: ["index:size", "index:size", "index:size", "float:hertz", "float:hertz"],
  attributes: { output_datatype: "int" },
  infer: (node) => {
    const [bands, length, rate, low, high] = node.inputs.map(single);
    checkCount("num_mel_bins", bands);
    checkCount("dft_length", length);
    checkCount("sample_rate", rate);
    for (const [name, hertz] of [
      ["lower_edge_hertz", low],
      ["upper_edge_hertz", high],
    ] as const)
      // prettier-ignore
      if (hertz !== undefined && !(hertz >= 0 && hertz < Infinity))
        throw badShape(`${name} is ${hertz}, expected a number of at least 0.`);
    return [{ dtype: dtypeOf(node.int("output_datatype", 1)), shape: [bins(length, true), bands] }];
  },
  samples: [
    {
      inputs: [
        int64(8),
        int64(16),
        int64(8192),
        tensor("float32", [], [0]),
        tensor("float32", [], [4096]),
      ],
    },
  ],
});

/** A window of `size` numbers; periodic, as transforms need it, by default. */
const window = <Op extends string>(op: Op) =>
  defineOperator({
    op,
    methods: namedMethod(op, (g: NodeWriter, size: number, attributes: { periodic?: Flag } = {}) =>
      g.op(op, [g.scalar("int64", size)], attributes),
    ),
    since: 17,
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["index"],
    attributes: { output_datatype: "int", periodic: "int" },
    infer: (node) => {
      const size = single(node.inputs[0]);
      checkCount("size", size);
      return [{ dtype: dtypeOf(node.int("output_datatype", 1)), shape: [size] }];
    },
    samples: [
      { inputs: [int64(10)] },
      { inputs: [tensor("int32", [], [7])], attributes: { periodic: 0, output_datatype: 11 } },
    ],
  });

export const signal = [
  dft,
  stft,
  melWeightMatrix,
  window("HannWindow"),
  window("HammingWindow"),
  window("BlackmanWindow"),
] as const;
