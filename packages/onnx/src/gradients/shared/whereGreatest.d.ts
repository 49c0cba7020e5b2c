import type { GraphBuilder, Value } from "../../graph/builder";
import type { GradientContext } from "../gradient";
/**
 * dx without the operator's second output, which GPUs lack: a window's place k gets dy where x is the
 * maximum there and at no place before k. What the K places get, one after the other as channels, is
 * brought to where they lie by a transposed convolution whose kernel k is 1 at place k.
 */
export declare function whereGreatest(g: GraphBuilder, dy: Value, context: GradientContext): Value;
