// The workloads that other libraries are timed on as well: name → what a worker is given.
const train = (model, batch) => ({ phase: "train", model, batch });
const predict = (model, batch) => ({ phase: "predict", model, batch });

export const workloads = {
  T1: train("lenet5", 64),
  T2: train("convnet", 64),
  T3: train("mobilenet", 8),
  T4: train("resnet50", 8),
  // Steps of the course, with Adam, which packages/train/bench/stepWorker.ts takes.
  T5: train("unet", 16),
  T6: train("lstm", 32),
  T7: train("dcgan", 64),
  T8: train("gru", 32),
  "I1-b1": predict("mobilenet", 1),
  "I1-b8": predict("mobilenet", 8),
  "I2-b1": predict("resnet50", 1),
  "I2-b8": predict("resnet50", 8),
};

/** Any other network at its own size: I3-vgg16, I3-densenet121, I3-inceptionv3-b8 … */
export function jobOf(workload) {
  const listed = workloads[workload];
  if (listed !== undefined) return listed;
  const [, model, batch = 1] = /^I3-([a-z0-9]+?)(?:-b(\d+))?$/i.exec(workload ?? "") ?? [];
  if (model === undefined)
    throw new Error(
      `unknown workload ${workload}: expected ${Object.keys(workloads).join(", ")} or I3-<network>`,
    );
  return predict(model, Number(batch));
}
