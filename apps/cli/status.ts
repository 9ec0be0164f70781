import type { Command } from 'commander';
import { z } from 'zod';
import {
  type EventTypeSummary,
  type ModelSummary,
  type Readiness,
  type RiskMap,
  eventTypeSummary,
  modelSummary,
  readiness,
  riskMap,
  tokenSelf,
} from '#contracts';
import type { CommandContext, Setup } from './command.js';
import { EXIT, type ExitCode, ServerFailure } from './failure.js';
import { count, duration, table } from './terminal.js';

interface Surface {
  event_type: string;
  model_version: string;
  /** null: the model is in service, its surface is not there yet. */
  issued_at: string | null;
  data_until: string | null;
  age_seconds: number | null;
}

export function addStatus(program: Command, setup: Setup): void {
  program
    .command('status')
    .summary('how the platform and the namespace do')
    .description('Show whether the platform serves, what events the namespace has, and how old its risk surfaces are.')
    .action(setup(status));
}

async function status(context: CommandContext): Promise<ExitCode> {
  const { client, terminal } = context;
  const ready = await client.readiness(readiness);
  printReadiness(context, ready);
  if (ready.status === 'unavailable') {
    terminal.result({ readiness: ready });
    return EXIT.failure;
  }
  const { namespace } = await client.json(tokenSelf, 'GET', '/tokens/self');
  const { data: types } = await client.json(z.object({ data: z.array(eventTypeSummary) }), 'GET', '/event-types');
  const models = (await client.all(modelSummary, '/models')).filter((model) => model.status === 'active');
  const surfaces: Surface[] = [];
  for (const model of models) surfaces.push(await surfaceOf(context, model));
  terminal.print();
  printTypes(context, namespace.namespace_id, types);
  terminal.print();
  printSurfaces(context, surfaces);
  terminal.result({ readiness: ready, namespace, event_types: types, surfaces });
  return EXIT.ok;
}

/** The surface's frame alone matters here: asked for critical cells only, its answer is small. */
async function surfaceOf({ client }: CommandContext, { event_type, model_version }: ModelSummary): Promise<Surface> {
  let map: RiskMap;
  try {
    map = await client.json(riskMap, 'GET', '/risk-map', { query: { horizon: 24, event_type, min_level: 'CRITICAL' } });
  } catch (error) {
    if (!(error instanceof ServerFailure && error.code === 'SURFACE_NOT_READY')) throw error;
    return { event_type, model_version, issued_at: null, data_until: null, age_seconds: null };
  }
  const age = Math.max(0, (Date.now() - Date.parse(map.issued_at)) / 1000);
  return {
    event_type,
    model_version: map.model_version,
    issued_at: map.issued_at,
    data_until: map.data_until,
    age_seconds: Math.round(age),
  };
}

function printReadiness({ client, terminal }: CommandContext, ready: Readiness): void {
  terminal.print(`${client.settings.url} is ${ready.status}`);
  const rows = Object.entries(ready.dependencies).map(([name, dependency]) => ({ name, ...dependency }));
  const lines = table(rows, [
    { title: '  PART', value: (d) => `  ${d.name}` },
    { title: 'STATE', value: (d) => d.status },
    { title: 'LATENCY', value: (d) => (d.latency_ms === null ? '' : `${d.latency_ms.toFixed(1)} ms`), right: true },
    { title: '', value: (d) => d.detail ?? '' },
  ]);
  for (const line of lines) terminal.print(line);
}

function printTypes({ terminal }: CommandContext, name: string, types: readonly EventTypeSummary[]): void {
  if (types.length === 0) {
    terminal.print(`Namespace ${name}: no events yet; "strisk import FILE" sends some.`);
    return;
  }
  terminal.print(`Namespace ${name}`);
  const lines = table(types, [
    { title: '  EVENT TYPE', value: (t) => `  ${t.event_type}` },
    { title: 'EVENTS', value: (t) => count(t.events), right: true },
    { title: 'CELLS', value: (t) => count(t.cells), right: true },
    { title: 'FIRST', value: (t) => t.first },
    { title: 'LAST', value: (t) => t.last },
  ]);
  for (const line of lines) terminal.print(line);
}

function printSurfaces({ terminal }: CommandContext, surfaces: readonly Surface[]): void {
  if (surfaces.length === 0) terminal.print('No model is in service; "strisk train" fits one.');
  for (const { event_type, model_version, issued_at, data_until, age_seconds } of surfaces) {
    terminal.print(
      issued_at === null || age_seconds === null
        ? `Risk surface of ${event_type}: not there yet (model ${model_version})`
        : `Risk surface of ${event_type}: ${duration(age_seconds)} old, model ${model_version}, data until ${data_until ?? '?'}`,
    );
  }
}
