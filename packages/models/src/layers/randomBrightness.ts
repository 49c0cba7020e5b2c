// keras.io/api/layers/preprocessing_layers/image_augmentation/random_brightness
import { randomImage } from "./shared/randomImage";

export const randomBrightness = randomImage("RandomBrightness", ["factor"]);
