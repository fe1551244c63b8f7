export { isKoreanHoliday } from './calendar/korean-holidays.ts';
export { checkModel, type ModelFacts, type ModelProblem } from './check/check-model.ts';
export { type Clusters, fitClusters } from './classical/clusters.ts';
export { type Components, fitComponents } from './classical/components.ts';
export type { FitRows } from './classical/fit-rows.ts';
export { fitIsolationForest, type IsolationForest } from './classical/isolation-forest.ts';
export { fitOneClassSvm, type OneClassSvm } from './classical/one-class-svm.ts';
export { type BatchDetection, detectBatch } from './detect/batch/detect-batch.ts';
export { batchDetectors } from './detect/batch/many-channels.ts';
export { type BehaviourChannel, behaviourChannels } from './detect/behaviour/behaviour-channels.ts';
export { BehaviourRows, type BehaviourSeries, isOf, ROW_LIMIT, ROW_MS } from './detect/behaviour/behaviour-rows.ts';
export { type BehaviourVerdict, judgeBehaviour } from './detect/behaviour/judge-behaviour.ts';
export {
  type Detector,
  defineDetector,
  type Explanation,
  type SeriesInfo,
  type Signal,
  type Surroundings,
  type Watch,
} from './detect/detector.ts';
export { createEdgeDetection, type EdgeDetection, type EdgeDetectionOptions, type ModelPort } from './detect/edge.ts';
export { detectors } from './detect/index.ts';
export { type Josa, josa } from './detect/josa.ts';
export { createLogDetection, type LogDetection } from './detect/logs/log-detection.ts';
export type { BusyProcess } from './detect/steady-processes.ts';
export { ModelsError, type ModelsErrorCode } from './errors.ts';
export { exportClusters } from './export/clusters.ts';
export { exportComponents } from './export/components.ts';
export { exportIsolationForest } from './export/isolation-forest.ts';
export { type ModelManifest, modelManifest, parseManifest } from './export/manifest.ts';
export { exportOneClassSvm } from './export/one-class-svm.ts';
export type { ExportedModel, ModelDescription } from './export/pack-model.ts';
export { HOST_WINDOW, HostWindows, hostWindowColumns } from './features/host-window.ts';
export { type CapacityForecast, forecastCapacity } from './forecast/capacity.ts';
export { type Forecast, type ForecastRequest, forecastSeries } from './forecast/forecast.ts';
export type { StepClock } from './forecast/forecaster.ts';
export { forecastWithNetworks } from './forecast/neural.ts';
export { type Calibration, calibrationOf } from './predict/calibration.ts';
export { fitOdds, type Odds, type OddsModel, type OddsPattern, oddsOf } from './predict/event-odds.ts';
export { type ModelFiles, readModelFiles, readModelFolder } from './runtime/model-folder.ts';
export { createModelPort, type ModelPortOptions, type RunningModel } from './runtime/model-port.ts';
export { type ModelTrial, tryModel } from './runtime/try-model.ts';
export { findHeader, type HeaderLayout, messageStart } from './templates/log-header.ts';
export {
  type LineTemplate,
  type SavedTemplates,
  SourceTemplates,
  savedTemplatesSchema,
} from './templates/source-templates.ts';
export { type MinedLine, TemplateMiner } from './templates/template-miner.ts';
