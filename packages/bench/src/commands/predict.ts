// cajal predict: a network's predictions for images.
import { CajalError, type Tensor } from "@cajal/core";
import { stackImages } from "@cajal/datasets";
import { readImage } from "@cajal/datasets/node";
import { toOnnx } from "@cajal/models";
import { open } from "@cajal/runtime";
import { channelsFirst, imageGraph, imageModel, isGraphFile, prepareImage } from "../choices/imageModel"; // prettier-ignore
import { classProbabilities, endingOf } from "../choices/classProbabilities";
import { textTable } from "../text/tables";
import { percent } from "../text/format";
import { defineCommand } from "./shared/defineCommand";
import { number, text, words } from "./shared/parameters";
import { preprocess } from "./shared/preprocess";

export const predict = defineCommand({
  name: "predict",
  examples: [
    ["cajal predict cat.jpg", "ImageNet's classes, by MobileNet"],
    ["cajal predict *.jpg --model cajal-transfer/model.keras --top 1", "by a model of your own"],
  ],
  arguments: { images: words("files", { required: true }) },
  options: {
    model: text("<name>", "a network with published weights, or a file", { default: "MobileNet" }),
    top: number("<n>", "answers an image", { least: 1, default: 5 }),
    preprocess,
  },
  async run(context, { images, model: name, top, preprocess }) {
    const { output, progress, signal } = context;
    if (images.length === 0)
      throw new CajalError("bad-argument", "predict: expected at least one image.");
    progress.start(`Network ${name}`);
    const settings = { ...(preprocess && { preprocess }) };
    const network = isGraphFile(name)
      ? await imageGraph(name, context, settings)
      : await imageModel(name, context, settings);
    progress.finish(`input ${network.size.join("×")}, preprocessing ${network.preprocessing}`);
    const prepare = prepareImage(network);
    const ending = endingOf("graph" in network ? network.graph : toOnnx(network.model, network.weights)); // prettier-ignore
    await using session = await ("graph" in network
      ? open(network.graph, { signal })
      : open(network.model, network.weights, { signal }));
    const asInput = (x: Tensor) =>
      "graph" in network && network.channelsFirst ? channelsFirst(x) : x;
    // A network for batches of one size gets so many of the same picture.
    const batch = session.inputs[0]!.shape?.[0];
    const times = typeof batch === "number" ? batch : 1;
    const answers = [];
    for (const image of images) {
      signal.throwIfAborted();
      const x = prepare(await readImage(image, { channels: 3 }));
      const { data, shape } = await session.predict(asInput(stackImages(Array.from({ length: times }, () => x)))); // prettier-ignore
      if (shape.length !== 2)
        throw new CajalError(
          "unsupported",
          `${name}: it gives [${shape.join(",")}], expected the probabilities of classes.`,
        );
      const values = classProbabilities(
        Array.from(data.subarray(0, shape[1]), Number),
        ending,
        name,
      );
      // Of a single sigmoid there are two classes.
      const labels = network.labels?.length === values.length ? network.labels : undefined;
      const predictions = values
        .map((probability, index) => ({
          class: index,
          label: labels?.[index] ?? String(index),
          probability,
        }))
        .sort((a, b) => b.probability - a.probability)
        .slice(0, top);
      answers.push({ image, predictions });
    }
    output.document(answers);
    output.text(
      textTable(
        ["image", "read as", "probability"],
        answers.flatMap(
          ({ image, predictions }) =>
        predictions.map(({ label, probability }, i) => [i === 0 ? image : "", label, percent(probability)]), // prettier-ignore
        ),
      ),
    );
  },
});
