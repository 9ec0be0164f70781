export {
  type AmountSeverity,
  fitSeverity,
  type Severity,
  type SeverityData,
  type SeverityOptions,
  type SeveritySummary,
} from './fit.js';
export { detectMarkKind, type MarkKind } from './kind.js';
export { expectedLoss, lossQuantiles, meanAmounts, sampleAmount } from './loss.js';
