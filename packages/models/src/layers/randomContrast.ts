// keras.io/api/layers/preprocessing_layers/image_augmentation/random_contrast
import { randomImage } from "./shared/randomImage";

export const randomContrast = randomImage("RandomContrast", ["factor"]);
