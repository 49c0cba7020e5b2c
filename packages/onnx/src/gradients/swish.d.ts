import { type Gradient } from "./gradient";
/** y = x σ(αx); dx = dy (s + α y (1 − s)), s = σ(αx) (Ramachandran et al. 2017, arXiv:1710.05941). */
export declare const slopeOfSwish: (absent: number) => Gradient["gradient"];
export declare const swish: Gradient;
