// An option that several commands have.
import { text } from "./parameters";

export const preprocess = text("<kind>", "how pixels become a file's input: tf, caffe or torch");
