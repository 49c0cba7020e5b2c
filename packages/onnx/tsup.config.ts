import { build } from "../../tsup.base";

export default build(
  { index: "src/index.ts", builder: "src/builder.ts", node: "src/node.ts" },
  { forTests: ["samples"] },
);
