// Layer-wise relevance propagation (Bach et al. 2015, 10.1371/journal.pone.0130140; Montavon et al. 2019): the
// target's score, handed back layer by layer; delta = f(x) − Σ attributions. rules/relevance.ts has the rules.
// Rules that tell positive from negative products are Zennit's, which also takes negative inputs: Captum's
// clamp the weights alone and may divide by sums near 0. Default: z⁺ in convolutions, epsilon in dense layers.
import { CajalError, checkNumber, checkOptions, unknownName } from "@cajal/core";
import { emptyRows, rowOf, rows, rowsOf } from "../network/rows";
import {
  relevance,
  relevanceRules,
  type RelevanceOptions,
  type RelevanceRule,
} from "../rules/relevance";
import { defineMethod } from "./method";
import { scoresOf, total } from "./shared/evaluate";

export interface LrpOptions extends Partial<RelevanceOptions> {
  /** One rule for convolutions and dense layers, or one for each kind. */
  readonly rule?: RelevanceRule;
}

const defaults: RelevanceOptions = {
  convolution: "zplus",
  dense: "epsilon",
  epsilon: 1e-6,
  gamma: 0.25,
  alpha: 2,
  beta: 1,
  stabilizer: 1e-6,
  sums: "stabilizer",
  bias: true,
  foldNormalization: true,
};

export const lrp = defineMethod({
  name: "lrp",
  title: "Layer-wise relevance",
  gives: "image",
  plain: false,
  options: ["rule", ...(Object.keys(defaults) as (keyof RelevanceOptions)[])],
  async attribute(call, { rule, ...ruleOptions }: LrpOptions) {
    const options = {
      ...defaults,
      ...(rule && { convolution: rule, dense: rule }),
      ...ruleOptions,
    };
    checkRules(options);
    const { images, network, targets } = call;
    const { image, classes } = network.graph;
    const map = emptyRows(images.shape[0]!, images.shape.slice(1));
    const at = await scoresOf(call, rowsOf(images));
    await network.pass(
      {
        feeds: { [image]: rowsOf(images) },
        of: call.scores,
        dy: rows(at.length, [classes], (row, to) => {
          to.fill(0);
          to[targets[row]!] = at[row]!;
        }),
        by: [image],
        rules: relevance(options),
        use: (row, { gradients }) => rowOf(map, row).set(gradients[image]!.data),
      },
      call.control,
    );
    return { map, delta: Array.from(at, (score, i) => score - total(rowOf(map, i))) };
  },
  graph: {
    map({ g, fed, scores, gradients }, { rule, ...ruleOptions }) {
      const options = {
        ...defaults,
        ...(rule && { convolution: rule, dense: rule }),
        ...chosenOf(ruleOptions),
      };
      checkRules(options);
      return gradients([fed], relevance(options), (oneHot) => g.mul(oneHot, scores))[0]!;
    },
  },
});

/** What is said of the rules, and nothing else. */
const chosenOf = (options: object): Partial<RelevanceOptions> =>
  Object.fromEntries(Object.entries(options).filter(([name]) => name in defaults));

function checkRules(options: RelevanceOptions): void {
  checkOptions("attribute (lrp)", options, Object.keys(defaults));
  for (const rule of [options.convolution, options.dense])
    if (!relevanceRules.includes(rule)) throw unknownName("rule of lrp", rule, relevanceRules);
  for (const name of ["epsilon", "gamma", "alpha", "beta", "stabilizer"] as const)
    checkNumber("attribute (lrp)", name, options[name], { least: 0 });
  if (Math.abs(options.alpha - options.beta - 1) > 1e-9)
    throw new CajalError(
      "bad-argument",
      `attribute (lrp): got alpha ${options.alpha} and beta ${options.beta}, expected alpha − beta = 1: else relevance is lost.`,
    );
}
