// The list of metrics: one counts once it is in here.
import { complexity } from "./complexity";
import { deletionInsertion } from "./deletionInsertion";
import { infidelity } from "./infidelity";
import { localisation } from "./localisation";
import { randomisation } from "./randomisation";
import { road } from "./road";
import { sensitivityMax } from "./sensitivityMax";

export const metrics = [
  deletionInsertion,
  road,
  infidelity,
  sensitivityMax,
  localisation,
  complexity,
  randomisation,
] as const;

type Definition = (typeof metrics)[number];

export type MetricName = Definition["name"];

/** The options of a metric, by its name. */
export type MetricOptions<Name extends MetricName> =
  Extract<Definition, { name: Name }> extends {
    measure(call: never, options: infer Options): unknown;
  }
    ? Options
    : never;
