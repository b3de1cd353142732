/** The whole public API of kdflow. Plugins use the types and the `define…` helpers; all else comes through contexts. */
export { readClassFile } from "./classes/class-file.ts";
export { type ClassSelection, selectClasses } from "./classes/class-selection.ts";
export type * from "./contracts/artifacts.ts";
export type * from "./contracts/classes.ts";
export type * from "./contracts/components.ts";
export type * from "./contracts/dataset.ts";
export type {
  ComponentFamilyName,
  FamilyName,
  KindName,
  KindSpec,
  PortSpec,
} from "./contracts/kinds.ts";
export {
  comesFromTeacher,
  featureInputs,
  type HostBatch,
  type LossInputName,
  type LossInputs,
  type LossOutputs,
  type LossParts,
  type LossShapes,
  type LossStateSpec,
  type LossTerm,
  type PreparedInputs,
  preparedInputs,
} from "./contracts/loss-term.ts";
export type * from "./contracts/network.ts";
export type * from "./contracts/outputs.ts";
export type * from "./contracts/photo-reader.ts";
export type * from "./contracts/task.ts";
export {
  type Mix,
  type Partner,
  type PixelEdit,
  plainView,
  type RelativeBox,
  type SoloView,
  type View,
} from "./contracts/view.ts";
export { weightAt } from "./contracts/weight-at.ts";
export type { ErrorCode, ExitCode } from "./errors/catalogue.ts";
export { KdflowError, type KdflowErrorOptions, type SourcePlace } from "./errors/kdflow-error.ts";
export { allowedHint } from "./errors/nearest.ts";
export type * from "./plugins/context.ts";
export { defineLoss, definePlugin, defineProvider, defineTask, type Plugin } from "./plugins/define.ts";
export type { Engine, HookEvents, HookName, Hooks, PlanState, ProvideRequest, StageEvent } from "./plugins/hooks.ts";
export type { JsonSchema } from "./plugins/json-schema.ts";
export type * from "./plugins/provider.ts";
export { teacherOf } from "./run/frozen-teacher.ts";
export { makeFolder } from "./store/make-folder.ts";
export { readRegularFile } from "./store/regular-file.ts";
export { alignAnswers, answerRows, answersOf, rowWidth, widthOf } from "./tensors/answer-rows.ts";
export type { Backend, BackendProbe, Tf } from "./tensors/backend.ts";
export { detach } from "./tensors/detach.ts";
export { assertResults, createEagerStep } from "./tensors/eager-step.ts";
export { createEagerForward, type Forward, type ForwardSpec, inPieces, type RunPiece } from "./tensors/forward.ts";
export type { BatchNormForward, BatchNormOps, FusedOps } from "./tensors/fused-ops.ts";
export { checkedInput, HostBuffers } from "./tensors/host-buffers.ts";
export { layerVariable } from "./tensors/layer-variable.ts";
export {
  buildLayersModel,
  layersModelFiles,
  loadLayersModel,
  type ModelArtifacts,
  readModelArtifacts,
} from "./tensors/layers-model-files.ts";
export { type LoadedModel, loadPredictor } from "./tensors/load-predictor.ts";
export { createLossParts, type LossPartsRequest, type LossWeight, type OwnedLossParts } from "./tensors/loss-parts.ts";
export { modelJsonProblem } from "./tensors/model-json.ts";
export { countMultiplyAdds, countParameters } from "./tensors/multiply-adds.ts";
export { createNamespace } from "./tensors/namespace.ts";
export { withTargets } from "./tensors/off-tape.ts";
export type { Rng } from "./tensors/rng.ts";
export { runtimeCacheFolder } from "./tensors/runtime-cache.ts";
export { sidesOf } from "./tensors/side-lengths.ts";
export {
  bodyOf,
  type HostArray,
  type HostState,
  type RunOptions,
  type StateVariable,
  type Step,
  type StepBody,
  type StepExample,
  type StepSpec,
  type TensorSpec,
} from "./tensors/step.ts";
export { writeTaps } from "./tensors/tapped-model.ts";
export { trainingForward } from "./tensors/training-forward.ts";
export { variableGradients } from "./tensors/variable-gradients.ts";
