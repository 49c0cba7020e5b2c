// The list of networks: an architecture's record counts once it is in here.
import { checkArgument, unknownName } from "@cajal/core";
import type { ModelFacts } from "./definition";
import { convnetFacts } from "./convnet";
import { densenet121Facts, densenet169Facts, densenet201Facts } from "./densenet";
import { inceptionResNetV2Facts } from "./inceptionResNetV2";
import { inceptionV3Facts } from "./inceptionV3";
import { lenet1Facts, lenet1OriginalFacts, lenet5Facts, lenet5OriginalFacts } from "./lenet";
import { mobilenetFacts } from "./mobilenet";
import { mobilenetV2Facts } from "./mobilenetV2";
import {
  resnet101Facts,
  resnet101V2Facts,
  resnet152Facts,
  resnet152V2Facts,
  resnet50Facts,
  resnet50V2Facts,
} from "./resnet";
import { vgg16Facts, vgg19Facts } from "./vgg";
import { xceptionFacts } from "./xception";

/** All networks, in the order of Keras' table, the small ones last. */
export const models: readonly ModelFacts[] = [
  xceptionFacts,
  vgg16Facts,
  vgg19Facts,
  resnet50Facts,
  inceptionV3Facts,
  inceptionResNetV2Facts,
  mobilenetFacts,
  densenet121Facts,
  densenet169Facts,
  densenet201Facts,
  resnet101Facts,
  resnet152Facts,
  resnet50V2Facts,
  resnet101V2Facts,
  resnet152V2Facts,
  mobilenetV2Facts,
  lenet1Facts,
  lenet5Facts,
  lenet1OriginalFacts,
  lenet5OriginalFacts,
  convnetFacts,
];

/**
 * The record of a model.
 *
 * @param name as Keras writes it, its module or its function: "InceptionV3", "inception_v3", "inceptionv3"
 * @throws CajalError `unknown-name`, listing the known ones
 */
export function modelFacts(name: string): ModelFacts {
  checkArgument("modelFacts", "name", name, "string");
  const record = models.find((model) => normalized(model.name) === normalized(name));
  if (!record)
    throw unknownName(
      "model",
      name,
      models.map((model) => model.name),
    );
  return record;
}

/** A name without what spellings differ in. */
const normalized = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
