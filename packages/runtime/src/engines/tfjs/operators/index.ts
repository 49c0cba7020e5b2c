// The operators that layers are lowered to, as far as TF.js needs them: what it has no layer for runs as these.
import type { TfjsOperators } from "./operator";
import { elementwise } from "./elementwise";
import { recurrence } from "./recurrent";
import { shape } from "./shape";
import { sums } from "./sums";
import { windows } from "./windows";

export const tfjsOperators: TfjsOperators = {
  ...elementwise,
  ...shape,
  ...sums,
  ...windows,
  ...recurrence,
};
