import { RISK_STATS_DAYS } from '#contracts';

export type FieldArguments = Readonly<Record<string, unknown>>;

export interface FieldCost {
  /** Of the field itself, whatever it holds; 1 where left out, more where a store is asked. */
  weight?: number;
  /** How many items its list may hold. `above` are the arguments of the fields around it, the nearest first. */
  size?: (args: FieldArguments, above: readonly FieldArguments[]) => number;
}

/** A look-up of rows in PostgreSQL, and one over the events in ClickHouse, beside the price of a value. */
const ROWS = 10;
const EVENTS = 100;
/** Lists that REST does not cut into pages; few are ever longer. */
const SOME = 100;
const FEW = 10;

const number = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);
const length = (value: unknown): number => (Array.isArray(value) ? value.length : 0);
const limit: FieldCost['size'] = (_args, above) => number(above[0]?.['limit'], 50);
const always = (count: number) => () => count;

/** What fields cost beyond one each. Every list stands here, or its length would count for nothing. */
export const COSTS: Readonly<Record<string, FieldCost>> = {
  'Query.namespaces': { weight: ROWS },
  'Query.event_types': { weight: EVENTS, size: always(SOME) },
  'Query.events': { weight: EVENTS },
  'Query.cell': { weight: EVENTS },
  'Query.feature_snapshot': { weight: EVENTS },
  'Query.risks': { weight: ROWS },
  'Query.risk': { weight: ROWS },
  // Counts up to some hundred thousand rows, at most every ten seconds.
  'Query.risk_stats': { weight: EVENTS },
  'RiskStats.opened_per_day': { size: always(RISK_STATS_DAYS) },
  'Query.models': { weight: ROWS },
  'Query.model': { weight: ROWS },
  'Query.jobs': { weight: ROWS },
  'Query.job': { weight: ROWS },
  'Query.groups': { weight: ROWS },
  'Query.group': { weight: ROWS },
  'Query.targets': { weight: ROWS },
  'Query.target': { weight: ROWS },
  'NamespacePage.data': { size: limit },
  'EventPage.data': { size: limit },
  'FeatureSnapshot.data': { size: limit },
  'RiskPage.data': { size: limit },
  'ModelPage.data': { size: limit },
  'JobPage.data': { size: limit },
  'GroupPage.data': { size: limit },
  'TargetPage.data': { size: limit },
  'Me.scopes': { size: always(FEW) },
  'Cell.boundary': { size: always(FEW) },
  'Cell.neighbors': { size: always(FEW) },
  'Cell.event_types': { size: always(SOME) },
  'Cell.features': { weight: EVENTS },
  'CellFeatures.rings': { size: always(2) },
  'RiskMap.cells': { size: (_args, above) => number(above[0]?.['limit'], 500) },
  // The arguments of `assess`, and of nothing in between, are those around its assessments.
  'AssessmentSet.assessments': { size: (_args, [assess]) => length(assess?.['points']) + length(assess?.['cells']) },
  'Assessment.scenarios': { size: (_args, [, assess]) => number(assess?.['n_scenarios'], 0) },
  'ModelScores.forecasters': { size: always(FEW) },
  'ModelScores.loses_to': { size: always(FEW) },
  'ForecasterScore.gain_interval': { size: always(2) },
  'Model.notes': { size: always(FEW) },
  'Group.targets': { size: (args) => number(args['limit'], 20) },
  // A look into memory, and into PostgreSQL for a target that nobody has asked for lately.
  'Target.risk': { weight: ROWS },
};
