import type { GraphBuilder, Value } from "../../graph/builder";
import type { GradientContext } from "../gradient";
/**
 * Gradient of a cross-entropy with respect to its log probabilities [batch, classes, ...]:
 * −w · dy at the label and 0 elsewhere, divided by Σ w where the loss is a weighted mean.
 */
export declare function scoreGradient(g: GraphBuilder, dy: Value | undefined, context: GradientContext): Value | undefined;
/**
 * Gradient of a cross-entropy with respect to the weights of the classes. With s the log probability at a
 * label, the loss is −w s for each, their sum, or L = −Σ w s / Σ w: each label adds −s · dy to its class,
 * or −(s + L) · dy / Σ w.
 */
export declare function weightGradient(g: GraphBuilder, dy: Value | undefined, logProbability: Value, context: GradientContext): Value;
