// keras.io/api/layers/preprocessing_layers/image_augmentation/random_flip
import { randomImage } from "./shared/randomImage";

export const randomFlip = randomImage("RandomFlip", ["mode"]);
