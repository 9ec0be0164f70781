import { AsyncLocalStorage } from 'node:async_hooks';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { BatchAnswer, BatchInput, BatchResult } from '#contracts';
import { API_PREFIX, AppError, type ConfigOf, Postgres, problemOf, requestContext, toAppError } from '#platform';
import { batchConfig } from './batch.config.js';
import { type Budget, Dispatch, type Operation } from './dispatch.js';
import { faultOfPath } from './path.js';
import { Patience } from './patience.js';
import { type PlannedOperation, planOf, withoutReferences } from './plan.js';
import { Filler, TemplateError } from './references.js';
import { type BatchRoute, BatchRoutes } from './routes.js';
import { schedule } from './schedule.js';

/** What references may add to one operation. */
const MAX_FILLED_BYTES = 1024 * 1024;

/** A batch that is under way. */
interface Run {
  caller: FastifyRequest;
  results: Map<string, BatchResult>;
  budget: Budget;
  /** Fires when the caller has gone or the time is up. */
  signal: AbortSignal;
}

/** Ends the transaction of a batch that is all or nothing. */
class RolledBack extends Error {}

@Injectable()
export class BatchService {
  /** Set for everything a batch asks for, so that no address, however written, leads to a batch within it. */
  private readonly within = new AsyncLocalStorage<true>();

  constructor(
    private readonly routes: BatchRoutes,
    private readonly dispatch: Dispatch,
    private readonly postgres: Postgres,
    @Inject(batchConfig.token) private readonly config: ConfigOf<typeof batchConfig>,
  ) {}

  /** @throws AppError REQUEST_INVALID, BATCH_OPERATION_REFUSED, BATCH_NOT_ATOMIC, each naming the operations at fault */
  async run(caller: FastifyRequest, input: BatchInput): Promise<BatchAnswer> {
    if (this.within.getStore()) throw new AppError('BATCH_OPERATION_REFUSED', 'A batch cannot hold a batch');
    const planned = planOf(input);
    this.refuse(planned, input);
    const patience = new Patience(requestContext());
    const run: Run = {
      caller,
      results: new Map(),
      budget: { bytes: this.config.BATCH_ANSWER_LIMIT_MB * 1024 * 1024 },
      signal: patience.signal,
    };
    try {
      await this.within.run(true, async () => {
        if (input.atomic) await this.allOrNothing(planned, run);
        // Side by side with nobody is in the order given: a dependency always stands before what depends on it.
        else
          await schedule(planned, input.mode === 'sequential' ? 1 : this.config.BATCH_CONCURRENCY, (operation) =>
            this.perform(operation, run, run.signal),
          );
      });
    } finally {
      patience.end();
    }
    return { results: planned.flatMap(({ id }) => run.results.get(id) ?? []) };
  }

  /** What can be known of the operations before any has run. */
  private refuse(planned: readonly PlannedOperation[], { atomic, operations }: BatchInput): void {
    const known = planned.map(({ index, method }) => {
      const path = operations[index]?.path ?? '';
      return {
        path: `operations.${index}`,
        name: `${method} ${path}`,
        route: this.routes.find(method, withoutReferences(path)),
      };
    });
    const refused = known.flatMap(({ path, name, route }) => {
      const why = whyRefused(route);
      return why === undefined ? [] : [{ path, message: `${name}: ${why}` }];
    });
    if (refused.length > 0) throw new AppError('BATCH_OPERATION_REFUSED', 'Nothing was done', { errors: refused });
    const kept = atomic ? known.filter(({ route }) => route?.atomic !== true) : [];
    if (kept.length > 0)
      throw new AppError(
        'BATCH_NOT_ATOMIC',
        `${kept.length} of ${known.length} operations cannot be taken back. Nothing was done`,
        {
          errors: kept.map(({ path, name }) => ({
            path,
            message: `${name} cannot be part of a batch that is all or nothing`,
          })),
        },
      );
  }

  private async allOrNothing(planned: readonly PlannedOperation[], run: Run): Promise<void> {
    let failed: PlannedOperation | undefined;
    try {
      await this.postgres.transaction(async () => {
        for (const operation of planned) {
          // No signal cuts it off: what still ran when its transaction had ended would run outside of it.
          await this.perform(operation, run);
          if (run.signal.aborted)
            run.results.set(operation.id, this.problem(operation, toAppError(run.signal.reason), run));
          if ((run.results.get(operation.id)?.status ?? 500) < 400) continue;
          failed = operation;
          throw new RolledBack();
        }
      });
    } catch (error) {
      if (!failed || !(error instanceof RolledBack)) throw error;
      const why = new AppError('BATCH_ROLLED_BACK', `Nothing was changed, because the operation "${failed.id}" failed`);
      for (const operation of planned)
        if (operation !== failed) run.results.set(operation.id, this.problem(operation, why, run));
    }
  }

  /** Never throws: whatever comes of the operation stands in its result. */
  private async perform(planned: PlannedOperation, run: Run, signal?: AbortSignal): Promise<void> {
    let result: BatchResult;
    try {
      run.signal.throwIfAborted();
      const failed = planned.dependsOn.filter((id) => (run.results.get(id)?.status ?? 500) >= 400);
      if (failed.length > 0)
        throw new AppError('DEPENDENCY_FAILED', `It depends on ${failed.map((id) => `"${id}"`).join(', ')}`, {
          extension: { failed_dependencies: failed },
        });
      result = await this.dispatch.send(this.fill(planned, run), run.caller, run.budget, signal);
    } catch (error) {
      result = this.problem(planned, toAppError(error), run);
    }
    run.results.set(planned.id, result);
  }

  /** @throws AppError BATCH_REFERENCE_MISSING, BATCH_OPERATION_REFUSED */
  private fill(planned: PlannedOperation, run: Run): Operation {
    const { id, method } = planned;
    try {
      const filler = new Filler((other) => run.results.get(other), MAX_FILLED_BYTES);
      const path = filler.text(planned.path, encodeURIComponent);
      const fault = faultOfPath(path);
      if (fault !== undefined) throw new TemplateError(`The path ${fault}`);
      const refused = whyRefused(this.routes.find(method, path));
      if (refused !== undefined) throw new AppError('BATCH_OPERATION_REFUSED', refused);
      const headers = Object.fromEntries(
        Object.entries(planned.headers).map(([name, template]) => [name, headerText(filler.text(template))]),
      );
      const body = planned.body === undefined ? undefined : filler.value(planned.body);
      return { id, method, path, headers, body };
    } catch (error) {
      if (error instanceof TemplateError) throw new AppError('BATCH_REFERENCE_MISSING', error.message);
      throw error;
    }
  }

  private problem({ id, path }: PlannedOperation, error: AppError, { caller }: Run): BatchResult {
    const literal = path.map((part) => (typeof part === 'string' ? part : '…')).join('');
    const request = { id: `${caller.id}.${id}`, url: `/${API_PREFIX}${literal}` };
    return {
      id,
      status: error.status,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      body: problemOf(error, request),
    };
  }
}

function whyRefused(route: BatchRoute | undefined): string | undefined {
  if (route?.streams) return 'a stream cannot be part of a batch';
  return route?.segments.join('/') === 'batch' ? 'a batch cannot hold a batch' : undefined;
}

function headerText(text: string): string {
  if (/[^\t\u0020-\u007e]/.test(text)) throw new TemplateError('A header may hold printable ASCII alone');
  return text;
}
