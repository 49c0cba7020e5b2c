// The list of ONNX operators in TF.js' operations, for layers that are lowered on TF.js.
import type { TfjsOperators } from "./operator";
import { elementwise } from "./elementwise";
import { places } from "./places";
import { recurrence } from "./recurrent";
import { shape } from "./shape";
import { sums } from "./sums";
import { windows } from "./windows";

export const tfjsOperators: TfjsOperators = {
  ...elementwise,
  ...places,
  ...shape,
  ...sums,
  ...windows,
  ...recurrence,
};
