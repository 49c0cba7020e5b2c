// The list of methods: one counts once it is in here.
import { ablationCam } from "./ablationCam";
import { cam } from "./cam";
import { deconvolution } from "./deconvolution";
import { deepLift } from "./deepLift";
import { deepLiftShap } from "./deepLiftShap";
import { eigenCam } from "./eigenCam";
import { eigenGradCam } from "./eigenGradCam";
import { featureAblation } from "./featureAblation";
import { fullGrad } from "./fullGrad";
import { fullGradients } from "./fullGradients";
import { gradCam } from "./gradCam";
import { gradCamElementwise } from "./gradCamElementwise";
import { gradCamPlusPlus } from "./gradCamPlusPlus";
import { gradientShap } from "./gradientShap";
import { guidedBackprop } from "./guidedBackprop";
import { guidedGradCam } from "./guidedGradCam";
import { hiresCam } from "./hiresCam";
import { inputXGradient } from "./inputXGradient";
import { integratedGradients } from "./integratedGradients";
import { internalInfluence } from "./internalInfluence";
import { kernelShap } from "./kernelShap";
import { layerActivation } from "./layerActivation";
import { layerCam } from "./layerCam";
import { layerConductance } from "./layerConductance";
import { layerDeepLift } from "./layerDeepLift";
import { layerGradientXActivation } from "./layerGradientXActivation";
import { layerIntegratedGradients } from "./layerIntegratedGradients";
import { lime } from "./lime";
import { lrp } from "./lrp";
import { neuronConductance } from "./neuronConductance";
import { neuronGradient } from "./neuronGradient";
import { neuronGuidedBackprop } from "./neuronGuidedBackprop";
import { neuronIntegratedGradients } from "./neuronIntegratedGradients";
import { occlusion } from "./occlusion";
import { saliency } from "./saliency";
import { scoreCam } from "./scoreCam";
import { shapleyValues } from "./shapleyValues";
import { smoothGrad } from "./smoothGrad";
import { smoothGradSquared } from "./smoothGradSquared";
import { varGrad } from "./varGrad";
import { xgradCam } from "./xgradCam";

export const methods = [
  saliency,
  inputXGradient,
  integratedGradients,
  smoothGrad,
  smoothGradSquared,
  varGrad,
  guidedBackprop,
  deconvolution,
  guidedGradCam,
  deepLift,
  deepLiftShap,
  gradientShap,
  lrp,
  occlusion,
  featureAblation,
  shapleyValues,
  kernelShap,
  lime,
  cam,
  gradCam,
  hiresCam,
  gradCamElementwise,
  gradCamPlusPlus,
  xgradCam,
  layerCam,
  scoreCam,
  ablationCam,
  eigenCam,
  eigenGradCam,
  fullGrad,
  fullGradients,
  layerActivation,
  layerGradientXActivation,
  layerIntegratedGradients,
  internalInfluence,
  layerConductance,
  layerDeepLift,
  neuronGradient,
  neuronIntegratedGradients,
  neuronConductance,
  neuronGuidedBackprop,
] as const;

type Definition = (typeof methods)[number];

export type MethodName = Definition["name"];

/** The options of a method, by its name. */
export type MethodOptions<Name extends MethodName> =
  Extract<Definition, { name: Name }> extends {
    attribute(call: never, options: infer Options): unknown;
  }
    ? Options
    : never;
