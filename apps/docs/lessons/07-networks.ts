// Lesson 7: ten networks that made the history of image recognition: how they are built, and what they cost.
// #region table
import { modelTable, models } from "@cajal/models";

const names = ["VGG16", "VGG19", "InceptionV3", "ResNet50", "Xception", "InceptionResNetV2", "DenseNet121", "DenseNet169", "DenseNet201", "MobileNet"]; // prettier-ignore
const facts = names.map((name) => models.find((each) => each.name === name)!);
const rows = modelTable(facts); // built, not looked up: from the layers, without any weights
export const table = rows.map(({ name, params, macs, depth, top1 }, i) => ({
  network: name,
  paper: facts[i]!.paper!.year,
  "parameters, millions": Number((params / 1e6).toFixed(1)),
  "multiply-adds, millions": Math.round(macs / 1e6),
  depth: depth.computed,
  "right at once": top1!,
}));
console.table(table);
// #endregion table
export const cost = [
  {
    name: "",
    as: "dots",
    points: table.map((row) => [row["multiply-adds, millions"] / 1000, row["right at once"]]),
  },
];

// #region counts
import { functional, summary, type Functional, type Symbolic } from "@cajal/models";

/** Parameters and multiply-adds of some layers on maps of 28 × 28 with 128 channels. */
function priceOf(layers: (net: Functional, x: Symbolic) => Symbolic) {
  const net = functional("part");
  const x = net.input([28, 28, 128]);
  const { totalParams, macs } = summary(net.model(x, layers(net, x)));
  return { parameters: totalParams, "multiply-adds, millions": Math.round(macs / 1e6) };
}
const conv = (net: Functional, x: Symbolic, kernel_size: number, filters = 128) =>
  net.layer("Conv2D", { filters, kernel_size, padding: "same", use_bias: false }, x);

export const parts = [
  { part: "one 5 × 5", ...priceOf((net, x) => conv(net, x, 5)) },
  { part: "two 3 × 3 (VGG)", ...priceOf((net, x) => conv(net, conv(net, x, 3), 3)) },
  {
    part: "bottleneck 1 × 1, 3 × 3, 1 × 1, added to its input (ResNet)",
    ...priceOf((net, x) => {
      const narrow = conv(net, conv(net, x, 1, 32), 3, 32);
      return net.layer("Add", {}, [x, conv(net, narrow, 1, 128)]);
    }),
  },
  {
    part: "depthwise 3 × 3, then 1 × 1 (Xception, MobileNet)",
    ...priceOf((net, x) => {
      const depthwise = { kernel_size: 3, padding: "same", use_bias: false } as const;
      return conv(net, net.layer("DepthwiseConv2D", depthwise, x), 1);
    }),
  },
  {
    part: "32 new maps beside all before (DenseNet)",
    ...priceOf((net, x) => {
      const block = conv(net, conv(net, x, 1, 128), 3, 32);
      return net.layer("Concatenate", {}, [x, block]);
    }),
  },
];
console.table(parts);
// #endregion counts

const by = (network: string) => table.find((row) => row.network === network)!;
const of = (part: number) => parts[part]!.parameters;
export const claims = {
  "Each has the number of parameters that was published": rows.every(
    ({ params, facts }) => params === facts!.published!.params,
  ),
  "MobileNet computes less than a twentieth of VGG16":
    20 * by("MobileNet")["multiply-adds, millions"] < by("VGG16")["multiply-adds, millions"],
  "Two convolutions of 3 × 3 have 18/25 of the weights of one of 5 × 5": 25 * of(1) === 18 * of(0),
};
