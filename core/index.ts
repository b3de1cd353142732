/** The whole public API of kdflow. Plugins use the types and the `define…` helpers; all else comes through contexts. */
export { readClassFile } from "./classes/class-file.ts";
export { listed, mapProblem, sameClasses } from "./classes/class-names.ts";
export type * from "./contracts/artifacts.ts";
export type * from "./contracts/backend.ts";
export type * from "./contracts/classes.ts";
export type * from "./contracts/components.ts";
export type * from "./contracts/dataset.ts";
export type * from "./contracts/forward.ts";
export type { JsonSchema } from "./contracts/json-schema.ts";
export type {
  ComponentFamilyName,
  FamilyName,
  KindName,
  KindSpec,
  PortSpec,
} from "./contracts/kinds.ts";
export type * from "./contracts/log.ts";
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
export type * from "./contracts/rng.ts";
export type * from "./contracts/step.ts";
export type * from "./contracts/task.ts";
export {
  type Mix,
  type Partner,
  type PixelEdit,
  plainView,
  type RelativeBox,
  type Scene,
  type SoloView,
  type View,
} from "./contracts/view.ts";
export type { ErrorCode, ExitCode } from "./errors/catalogue.ts";
export { ConfigErrors } from "./errors/config-errors.ts";
export { KdflowError, type KdflowErrorOptions, type SourcePlace } from "./errors/kdflow-error.ts";
export { allowedHint, nearestName } from "./errors/nearest.ts";
export { reasonOf } from "./plan/reasons.ts";
export type * from "./plugins/context.ts";
export { defineLoss, definePlugin, defineProvider, defineTask, type Plugin } from "./plugins/define.ts";
export type { Engine, HookEvents, HookName, Hooks, PlanState, ProvideRequest, StageEvent } from "./plugins/hooks.ts";
export type * from "./plugins/provider.ts";
export { formatDetails } from "./report/details-text.ts";
export type * from "./report/epoch-shares.ts";
export { type MetricNames, type MetricText, metricText } from "./report/metric-text.ts";
export { isMetrics, metricsCells } from "./report/metrics-table.ts";
export { formatDuration, formatNumber } from "./report/quantities.ts";
export type * from "./report/run-report.ts";
export { durationText, timeText } from "./report/run-text.ts";
export type * from "./report/seen-run.ts";
export { shellCommand } from "./report/shell-quote.ts";
export { textTable } from "./report/text-table.ts";
export { type LineLook, type TrainingCurve, validationPrefix } from "./report/training-curve.ts";
export type * from "./run/diff-runs.ts";
export { teacherOf } from "./run/frozen-teacher.ts";
export type { RunRecord } from "./run/run-record.ts";
export { makeFolder } from "./store/make-folder.ts";
export { readRegularFile } from "./store/regular-file.ts";
export { detach } from "./tensors/detach.ts";
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
export { withTargets } from "./tensors/off-tape.ts";
export { runtimeCacheFolder } from "./tensors/runtime-cache.ts";
export { sidesOf } from "./tensors/side-lengths.ts";
export { writeTaps } from "./tensors/tapped-model.ts";
