import { build } from "../../tsup.base";

export default build(
  { index: "src/index.ts", gradient: "src/gradient.ts", imagenet: "src/imagenet.ts" },
  { forTests: ["samples"] },
);
