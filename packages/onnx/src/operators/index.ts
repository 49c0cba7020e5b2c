// The list of operators: a definition counts once it is in here.
import type { Operator } from "./operator";
import { attentions } from "./attention";
import { centerCropPad } from "./centerCropPad";
import { control } from "./control";
import { convolution } from "./convolution";
import { elementwise } from "./elementwise";
import { indexing } from "./indexing";
import { layout } from "./layout";
import { losses } from "./loss";
import { matrix } from "./matrix";
import { normalization } from "./normalization";
import { pooling } from "./pooling";
import { quantization } from "./quantization";
import { randoms } from "./random";
import { recurrents } from "./recurrent";
import { reductions } from "./reduction";
import { sequences } from "./sequence";
import { sampling } from "./sampling";
import { signal } from "./signal";
import { unique } from "./unique";

export const operators: readonly Operator[] = [
  ...elementwise,
  ...matrix,
  ...convolution,
  ...pooling,
  ...normalization,
  ...reductions,
  ...layout,
  ...indexing,
  ...recurrents,
  ...losses,
  ...randoms,
  ...attentions,
  ...quantization,
  ...sampling,
  ...signal,
  centerCropPad,
  unique,
  ...control,
  ...sequences,
];

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
