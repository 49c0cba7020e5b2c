export {
  dataset,
  fromSource,
  type Allocate,
  type BatchContext,
  type BatchMap,
  type Dataset,
  type PassOptions,
  type ReadOptions,
  type Source,
  type SplitOptions,
} from "./dataset";
export { zip } from "./combine/zip";
export { interleave } from "./combine/interleave";
export { iris } from "./sets/iris";
export { digits } from "./sets/digits";
export { oneHot } from "./transforms/oneHot";
export { rescale } from "./transforms/rescale";
export { randomFlip } from "./transforms/randomFlip";
export type { PixelLabels } from "./transforms/changeImages";
export { randomTranslation } from "./transforms/randomTranslation";
export { standardize, type Standardizer } from "./transforms/standardize";
export { parseIdx } from "./decode/parseIdx";
export { pca, type Pca } from "./transforms/pca";
export { gaussian, type Gaussian, type GaussianOptions } from "./transforms/gaussian";
export type { Image, ImageSize } from "./images/image";
export { resize, type ResizeLibrary, type ResizeOptions } from "./images/resize";
export { centerCrop, crop, pad, shortSideSize, type PadOptions } from "./images/crop";
export { loadImg, resizeWithPad, resizing, type ResizingOptions } from "./images/keras";
export {
  evaluation,
  stackImages,
  type EvaluatedNetwork,
  type Evaluation,
} from "./images/evaluation";
export { contactSheet, sampleImages, type ContactSheetOptions } from "./images/contactSheet";
export { decodeImage, toGrey, type DecodeOptions } from "./decode/decodeImage";
export { classFolders, type ClassFolders, type ClassFoldersOptions } from "./folders/classFolders";
export { imageFiles } from "./folders/imageFiles";
export type { ImageOptions } from "./folders/imageSource";
export { parseCsv } from "./decode/parseCsv";
export { readParquet, type ParquetTable } from "./decode/readParquet";
export { parquetImages, type ParquetImagesOptions } from "./folders/parquetImages";
export { readWebDataset, type WebDatasetSample } from "./decode/readWebDataset";
export { webDataset, type WebDatasetOptions } from "./folders/webDataset";
export { csvTable, type CsvTable, type CsvTableOptions } from "./folders/csvTable";
export { parseWav, type Wav } from "./audio/parseWav";
export { stft, type Stft, type StftOptions } from "./audio/stft";
export { decibels, melFilters, melSpectrogram, mfcc, type MelOptions } from "./audio/mel";
export { twoMoons } from "./generated/twoMoons";
export { spirals } from "./generated/spirals";
export { shapes } from "./generated/shapes";
export { movingSquares } from "./generated/movingSquares";
export { tones } from "./generated/tones";
export { seasonalSeries, type SeasonalSeries } from "./generated/seasonalSeries";
export { windows } from "./transforms/windows";
export { channelStatistics } from "./transforms/channelStatistics";
export { cutout, flip } from "./images/augment/flip";
export { rotate, type RotateOptions } from "./images/augment/rotate";
export {
  affine,
  rotation,
  translation,
  zoom,
  type Affine,
  type AffineOptions,
} from "./images/augment/affine";
export { adjustColour, type ColourLibrary, type ColourOperation } from "./images/augment/colour";
export { cutmix, cutmixBox, mixup } from "./images/augment/mix";
export {
  resizedCropBox,
  type Draws,
  type ResizedCropOptions,
} from "./images/augment/resizedCropBox";
export { randomRotation, randomZoom, type RandomAffineOptions } from "./transforms/randomAffine";
export { randomResizedCrop } from "./transforms/randomResizedCrop";
export { colorJitter } from "./transforms/colorJitter";
export { randomCutout } from "./transforms/randomCutout";
export { randomCutmix, randomMixup, type RandomMixOptions } from "./transforms/randomMix";
