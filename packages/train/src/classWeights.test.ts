// What class weights go with, and what is refused: weighted.test.ts compares their training with Keras'.
import { tensor, type Shape, type Tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { expect, it } from "vitest";
import { meanSquaredError, train, type TrainOptions } from "./index";
import { checkClassWeights, withClassWeights } from "./classWeights";

const sparse = "sparse_categorical_crossentropy";

/** A dense layer of so many units, over 4 positions where `positions`. */
function model(units: number, activation: string, positions = false) {
  const net = functional("m");
  const x = net.input(positions ? [4, 2] : [2]);
  return net.model([x], [net.layer("Dense", { units, activation, name: "y" }, x)]);
}

/** The loss of a first step, all of whose inputs are 0. */
async function firstLoss(
  of: ReturnType<typeof model>,
  y: Tensor,
  options: Pick<TrainOptions, "loss" | "classWeights">,
): Promise<number> {
  const [, ...example] = of.config.layers[0]!.config["batch_input_shape"] as Shape;
  const x = tensor("float32", [y.shape[0]!, ...example]);
  for await (const event of train(
    of,
    { x, y },
    { epochs: 1, optimizer: "sgd", shuffle: false, ...options },
  ))
    if (event.type === "step") return event.loss;
  return NaN;
}

const numbers = tensor("int32", [3], [0, 1, 2]);

it.each([
  // The mean of weight · log 3.
  ["class numbers", model(3, "softmax"), numbers, sparse, { 1: 4 }, 2 * Math.log(3)],
  ["a column of them", model(3, "softmax"), { ...numbers, shape: [3, 1] }, sparse, [1, 4, 4], 3 * Math.log(3)], // prettier-ignore
  ["0 and 1", model(1, "sigmoid"), tensor("int32", [2], [0, 1]), "bce", [1, 3], 2 * Math.log(2)],
  ["0 and 1 without a sigmoid", model(1, "linear"), tensor("int32", [2], [0, 1]), "mse", [1, 3], 1.5], // prettier-ignore
  ["shares, rounded", model(1, "sigmoid"), tensor("float32", [2], [0.1, 0.9]), "bce", [1, 3], 2 * Math.log(2)], // prettier-ignore
  // np.round of 0.5 is 0.
  ["halves, to the even class", model(1, "sigmoid"), tensor("float32", [2], [0.5, 0.6]), "bce", [1, 3], 2 * Math.log(2)], // prettier-ignore
  ["bits of float16", model(1, "sigmoid"), tensor("float16", [2, 1], [0, 0x3c00]), "bce", [1, 3], 2 * Math.log(2)], // prettier-ignore
  ["−1 and 1", model(1, "tanh"), tensor("float32", [2, 1], [-1, 1]), "hinge", { 1: 3 }, 2],
])("weighs %s", async (_, of, y, loss, classWeights, expected) =>
  expect(await firstLoss(of, y, { loss, classWeights })).toBeCloseTo(expected, 5),
);

it.each([
  ["steps of sequences", model(3, "softmax", true), tensor("int32", [2, 4]), sparse, { 1: 4 }, "bad-shape", "got an output of [?,4,3]"], // prettier-ignore
  ["a class that is none", model(3, "softmax"), numbers, sparse, { 7: 100 }, "bad-argument", "a factor of class 7, and the model has 3 classes, 0 … 2"], // prettier-ignore
  ["a list too short", model(3, "softmax"), numbers, sparse, [1, 2], "bad-argument", "a list of 2, and the model has 3 classes"], // prettier-ignore
  ["a third class of two", model(1, "sigmoid"), tensor("int32", [2], [0, 1]), "bce", { 2: 2 }, "bad-argument", "the model has 2 classes"], // prettier-ignore
  ["labels that are no classes", model(1, "linear"), tensor("float32", [2], [1, 3.7]), "mse", { 1: 2 }, "bad-argument", "label 1 of the batch is 3.7"], // prettier-ignore
  ["rows that are not one-hot", model(2, "linear"), tensor("float32", [1, 2], [0, 5]), "mse", { 1: 2 }, "bad-argument", "label 1 of the batch is 5, expected"], // prettier-ignore
])("refuses %s", async (_, of, y, loss, classWeights, code, message) =>
  expect(firstLoss(of, y, { loss, classWeights })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  }),
);

it.each([
  [{ 0: 1, 2: "3" }, 'got 2: "3"'],
  [[1, null], "got 1: null"],
  [{ a: 1 }, "got a: 1"],
  [[], "got an array of 0"],
])("says what is wrong with %j", (weights, message) =>
  expect(() => checkClassWeights(weights as never, undefined)).toThrow(message),
);

it("takes losses of any making, whose validation labels may be shares", async () => {
  class Own {
    readonly #power = 2;
    readonly name = "own";
    compute = meanSquaredError().compute;
    get checkLabels() {
      return this.#power === 2 ? meanSquaredError().checkLabels : undefined;
    }
  }
  const x = tensor("float32", [2, 2]);
  const y = tensor("float32", [2, 1], [0, 1]);
  for (const loss of [new Own() as never, Object.freeze(meanSquaredError())])
    for await (const event of train(
      model(1, "linear"),
      { x, y },
      {
        epochs: 1,
        loss,
        optimizer: "sgd",
        classWeights: [1, 3],
        validation: { x, y: tensor("float32", [2, 1], [0.3, 7]) },
      },
    ))
      // prettier-ignore
      if (event.type === "epoch") expect(event.validation!.loss).toBeGreaterThan(1);
});

// Elements of float16 are bits, 1 being 15360.
it("refuses example weights other than float32", () => {
  const [x, weight] = [tensor("float32", [1, 1]), tensor("float16", [1], Uint16Array.of(0x3c00))];
  const batch = { x, y: tensor("int32", [1]), weight } as never;
  expect(() => withClassWeights(batch, { 0: 2 })).toThrow("got example weights of float16, expected float32"); // prettier-ignore
});
