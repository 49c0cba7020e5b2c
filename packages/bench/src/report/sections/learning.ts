// A network learns a data set: its curves.
import { markdownTable } from "../../text/tables";
import { duration, engineLabel, engineName, fixed, percent, short, whole } from "../../text/format";
import { md } from "../../text/markdownText";
import { learningCurve } from "../plots/learningCurve";
import { el } from "../plots/markup";
import * as is from "../rules";
import { defineSection } from "./shared/defineSection";
import { plot } from "./shared/parts";

/** A network learns a data set. */
export interface LearningSection {
  type: "learning";
  model: string;
  dataset: string;
  engine: string;
  device: string;
  optimizer: string;
  batch: number;
  params: number;
  /** Multiply-adds of one example. */
  macs: number;
  train_examples: number;
  validation_examples: number;
  seconds: number;
  epochs: Epoch[];
}

export interface Epoch {
  epoch: number;
  loss: number;
  accuracy: number;
  val_loss: number;
  val_accuracy: number;
  seconds: number;
}

export const learning = defineSection<LearningSection>({
  type: "learning",
  check: is.object({
    ...is.place,
    model: is.text,
    dataset: is.text,
    optimizer: is.text,
    batch: is.whole,
    params: is.quantity,
    macs: is.quantity,
    train_examples: is.whole,
    validation_examples: is.whole,
    seconds: is.quantity,
    epochs: is.list(
      is.object({
        epoch: is.whole,
        loss: is.quantityOrNull,
        accuracy: is.quantityOrNull,
        val_loss: is.quantityOrNull,
        val_accuracy: is.quantityOrNull,
        seconds: is.quantity,
      }),
    ),
  }),
  highlights: (section) => [
    {
      value: duration(section.seconds),
      text: `to learn, ${section.epochs.length} epochs in batches of ${section.batch} on ${engineLabel(section.engine)}`,
    },
  ],
  html(section, { id }) {
    const last = section.epochs.at(-1);
    // JSON has null for what was no number.
    const curves = (train: (number | null)[], validation: (number | null)[]) => [
      { name: "training", class: "training", values: train.map((value) => value ?? NaN) },
      { name: "validation", class: "validation", values: validation.map((value) => value ?? NaN) },
    ];
    const { epochs } = section;
    return el(
      "section",
      {},
      el("h2", {}, `${section.model} learns ${section.dataset}`),
      el(
        "p",
        {},
        `${whole(section.params)} parameters, ${short(section.macs)} multiply-adds an example, ${section.optimizer}, batches of ${section.batch}. ${whole(section.train_examples)} examples to learn from, ${whole(section.validation_examples)} held out. ${epochs.length} epochs in ${duration(section.seconds)} on ${engineName(section)}${last === undefined ? "" : `; of the held-out examples ${percent(last.val_accuracy, 2)} are read right`}.`,
      ),
      el(
        "div",
        { class: "pair" },
        plot(
          learningCurve({
            id: id("accuracy"),
            title: "accuracy",
            description: `Accuracy over ${epochs.length} epochs, ending at ${percent(last?.accuracy ?? NaN)} in training and ${percent(last?.val_accuracy ?? NaN)} in validation.`,
            scale: "linear",
            show: (value) => percent(value).replace(".0", ""),
            lines: curves(
              epochs.map((epoch) => epoch.accuracy),
              epochs.map((epoch) => epoch.val_accuracy),
            ),
          }),
          "Accuracy, share of examples read right",
        ),
        plot(
          learningCurve({
            id: id("loss"),
            title: "loss",
            description: `Cross-entropy over ${epochs.length} epochs on a logarithmic scale, ending at ${fixed(last?.loss, 4)} in training and ${fixed(last?.val_loss, 4)} in validation.`,
            scale: "log",
            show: (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(2))) : "–"),
            lines: curves(
              epochs.map((epoch) => epoch.loss),
              epochs.map((epoch) => epoch.val_loss),
            ),
          }),
          "Cross-entropy, logarithmic scale",
        ),
      ),
    );
  },
  markdown(section) {
    return [
      md`## ${section.model} learns ${section.dataset}`,
      md`${whole(section.params)} parameters, ${short(section.macs)} multiply-adds an example; ${section.optimizer}, batches of ${section.batch}; ${whole(section.train_examples)} examples to learn from, ${whole(section.validation_examples)} held out; ${duration(section.seconds)} on ${engineName(section)}.`,
      markdownTable(
        ["epoch", "loss", "accuracy", "validation loss", "validation accuracy"],
        section.epochs.map((epoch) => [
          String(epoch.epoch),
          fixed(epoch.loss, 4),
          percent(epoch.accuracy, 2),
          fixed(epoch.val_loss, 4),
          percent(epoch.val_accuracy, 2),
        ]),
      ),
    ].join("\n\n");
  },
});
