import { expect, it } from "vitest";
import reference from "../../fixtures/iris_pca.json" with { type: "json" };
import { iris } from "./iris";

it("is scikit-learn's, number by number", async () => {
  const { x, y } = await iris().all();
  expect(x.shape).toEqual([150, 4]);
  expect(x.dtype).toBe("float32");
  expect(x.data).toEqual(Float32Array.from(reference.x.flat()));
  expect(y).toEqual({ dtype: "int32", shape: [150], data: Int32Array.from(reference.y) });
  expect(iris().classes).toEqual(["setosa", "versicolor", "virginica"]);
});
