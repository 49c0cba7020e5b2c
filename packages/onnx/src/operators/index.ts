// The list of operators: a definition counts once it is in here, and its methods are the builder's.
import { activations } from "./activation";
import { arithmetic } from "./arithmetic";
import { attentions } from "./attention";
import { cast, castLike } from "./cast";
import { centerCropPad } from "./centerCropPad";
import { clip } from "./clip";
import { col2Im } from "./col2Im";
import { compress } from "./compress";
import { concat } from "./concat";
import { constant, constantOfShape } from "./constant";
import { control } from "./control";
import { convolution } from "./convolution";
import { depthToSpace, spaceToDepth } from "./depthToSpace";
import { dropout } from "./dropout";
import { einsum } from "./einsum";
import { expand, tile } from "./expand";
import { eyeLike } from "./eyeLike";
import { gathers } from "./gather";
import { logic } from "./logic";
import { losses } from "./loss";
import { mathematics } from "./mathematics";
import { matrix } from "./matrix";
import type { Bound } from "./method";
import { nonZero } from "./nonZero";
import { normalization } from "./normalization";
import { oneHot } from "./oneHot";
import type { Operator } from "./operator";
import { pad } from "./pad";
import { pooling } from "./pooling";
import { quantization } from "./quantization";
import { randoms } from "./random";
import { range } from "./range";
import { recurrents } from "./recurrent";
import { reductions } from "./reduction";
import { reshaping } from "./reshape";
import { resize, upsample } from "./resize";
import { reverseSequence } from "./reverseSequence";
import { sampling } from "./sampling";
import { scatters } from "./scatter";
import { sequences } from "./sequence";
import { shape, size } from "./shape";
import { signal } from "./signal";
import { slice } from "./slice";
import { split } from "./split";
import { transpose } from "./transpose";
import { trilu } from "./trilu";
import { unique } from "./unique";
import { where } from "./where";

const list = [
  ...activations,
  ...arithmetic,
  ...attentions,
  cast,
  castLike,
  centerCropPad,
  clip,
  col2Im,
  compress,
  concat,
  constant,
  constantOfShape,
  ...control,
  ...convolution,
  depthToSpace,
  dropout,
  einsum,
  expand,
  eyeLike,
  ...gathers,
  ...logic,
  ...losses,
  ...mathematics,
  ...matrix,
  nonZero,
  ...normalization,
  oneHot,
  pad,
  ...pooling,
  ...quantization,
  ...randoms,
  range,
  ...recurrents,
  ...reductions,
  ...reshaping,
  resize,
  reverseSequence,
  ...sampling,
  ...scatters,
  ...sequences,
  shape,
  ...signal,
  size,
  slice,
  spaceToDepth,
  split,
  tile,
  transpose,
  trilu,
  unique,
  upsample,
  where,
] as const;

export const operators: readonly Operator[] = list;

type Intersection<U> = (U extends unknown ? (each: U) => void : never) extends (
  all: infer I,
) => void
  ? I
  : never;

/** The methods of all operators, as those of a builder of type G. */
export type OperatorMethods<G> = Bound<
  Intersection<NonNullable<(typeof list)[number]["methods"]>>,
  G
>;

const byName = new Map(operators.map((each) => [`${each.domain ?? ""}.${each.op}`, each]));

/** What others ask of an operator; all absent for one that is not known. */
export const operatorFacts = (
  op: string,
  domain = "",
): Partial<Pick<Operator, "ending" | "macs" | "settings" | "weightAxis">> =>
  operator(op, domain) ?? {};

/** The definition of an operator, if it is known. */
export const operator = (op: string, domain = ""): Operator | undefined =>
  byName.get(`${domain === "ai.onnx" ? "" : domain}.${op}`);
