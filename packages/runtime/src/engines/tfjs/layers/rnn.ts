// Cells and stacks of them. TF.js' own compute some of Keras 2's formulas, and those alone.
import { defineTfjsLayer } from "./layer";

export const rnn = defineTfjsLayer({ className: "RNN", refuses: () => true });
