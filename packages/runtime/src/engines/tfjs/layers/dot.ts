// Dot products along an axis. TF.js' own layer supports few ranks.
import { defineTfjsLayer } from "./layer";

export const dot = defineTfjsLayer({ className: "Dot", refuses: () => true });
