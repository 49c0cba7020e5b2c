// Cells and stacks of cells. TF.js' own layer supports only some of Keras 2's formulas.
import { defineTfjsLayer } from "./layer";

export const rnn = defineTfjsLayer({ className: "RNN", refuses: () => true });
