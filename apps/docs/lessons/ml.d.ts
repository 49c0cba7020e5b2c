// ml-knn and ml-logistic-regression come without types: what the lessons use of them.
declare module "ml-knn" {
  export default class KNN {
    constructor(
      examples: readonly (readonly number[])[],
      labels: readonly number[],
      options?: { k?: number },
    );
    predict(examples: readonly (readonly number[])[]): number[];
  }
}

declare module "ml-logistic-regression" {
  import type { Matrix } from "ml-matrix";

  /** One classifier a class, without an offset: give it a column of ones. */
  export default class LogisticRegression {
    constructor(options?: { numSteps?: number; learningRate?: number });
    train(examples: Matrix, labels: Matrix): void;
    predict(examples: Matrix): number[];
  }
}
