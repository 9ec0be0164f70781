import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type AccessContext, Audit, auditedBy } from '#access';
import {
  type BacktestParams,
  type Job,
  type Model,
  type ModelScores,
  type ModelsQuery,
  type ModelSummary,
  type Paged,
  type TrainParams,
} from '#contracts';
import { JobsService } from '#jobs';
import { AppError, Cache, Cursors, plainRows, Postgres } from '#platform';
import { modelsTag } from '../answers.js';
import { EventsService } from '../events/events.service.js';
import { ModelEntity, presentModel, presentModelSummary, SUMMARY_COLUMNS } from './model.entity.js';

const cursorKey = z.tuple([z.iso.datetime(), z.string()]);

/** What a finished training leaves to be kept. */
export type TrainedModel = Omit<ModelEntity, 'modelVersion' | 'number' | 'status' | 'createdAt' | 'activatedAt'> & {
  state: Buffer;
  ingestSeq: string;
  dataUntil: Date;
};

/** Who activates: a request's caller, or the job a request started. */
export type Actor = Parameters<Audit['record']>[0];

@Injectable()
export class ModelsService {
  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: Cursors,
    private readonly events: EventsService,
    private readonly jobs: JobsService,
    private readonly audit: Audit,
    private readonly cache: Cache,
  ) {}

  async list(access: AccessContext, query: ModelsQuery): Promise<Paged<ModelSummary>> {
    const list = this.cursors.of('models', access.namespace.namespaceId, query);
    const after = list.after(query.cursor, cursorKey);
    const rows = await this.postgres.reading((manager) => {
      const builder = manager
        .getRepository(ModelEntity)
        .createQueryBuilder('model')
        .select(SUMMARY_COLUMNS)
        .where('model.namespace_id = :namespace', { namespace: access.namespace.namespaceId })
        .orderBy('model.created_at', 'DESC')
        .addOrderBy('model.model_version', 'DESC')
        .limit(query.limit + 1);
      if (query.event_type) builder.andWhere('model.event_type = :type', { type: query.event_type });
      if (after)
        builder.andWhere('(model.created_at, model.model_version) < (:at, :id)', { at: after[0], id: after[1] });
      return plainRows(builder);
    });
    const page = list.page(rows, query.limit, (row) => [row.createdAt.toISOString(), row.modelVersion]);
    return { data: page.data.map(presentModelSummary), page: page.page };
  }

  async read(access: AccessContext, modelVersion: string): Promise<Model> {
    return presentModel(await this.require(access.namespace.namespaceId, modelVersion));
  }

  /** Asks for a training. The event type is settled now, so that a mistake is told now. */
  async train(access: AccessContext, params: TrainParams): Promise<Job> {
    const namespaceId = access.namespace.namespaceId;
    const event_type = await this.events.resolveType(namespaceId, params.event_type);
    return this.jobs.create(auditedBy(access), 'model.train', { ...params, event_type });
  }

  async backtest(access: AccessContext, params: BacktestParams): Promise<Job> {
    await this.require(access.namespace.namespaceId, params.model_version);
    return this.jobs.create(auditedBy(access), 'model.backtest', params);
  }

  /**
   * Puts a model into service; the one before it retires. The surface follows by a job.
   * @throws AppError MODEL_LOSES_TO_BASELINE unless forced
   */
  async activate(by: Actor & { namespaceId: string }, modelVersion: string, force: boolean): Promise<Model> {
    const activated = await this.postgres.transaction(async (manager) => {
      // One at a time: of two at once the second would not see whom the first has put into service.
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 2))`, [by.namespaceId]);
      const model = await this.require(by.namespaceId, modelVersion);
      refuseIfItLoses(model, force);
      const models = manager.getRepository(ModelEntity);
      const before = await models.findOneBy({
        namespaceId: by.namespaceId,
        eventType: model.eventType,
        status: 'active',
      });
      await models.update(
        { namespaceId: by.namespaceId, eventType: model.eventType, status: 'active' },
        { status: 'retired' },
      );
      await models.update({ namespaceId: by.namespaceId, modelVersion }, { status: 'active', activatedAt: new Date() });
      await this.audit.record(by, {
        action: 'model.activate',
        subject: modelVersion,
        before: before && { model_version: before.modelVersion },
        after: { model_version: modelVersion, forced: force && model.scores?.passes !== true },
      });
      await this.changed(by.namespaceId);
      return this.require(by.namespaceId, modelVersion);
    });
    await this.jobs.create({ namespaceId: by.namespaceId }, 'surface.refresh', { event_type: activated.eventType });
    return presentModel(activated);
  }

  /** Keeps a trained model under the next number of its name, with the state it ends in. */
  async keep(trained: TrainedModel): Promise<string> {
    return this.postgres.transaction(async (manager) => {
      const { state, ingestSeq, dataUntil, ...model } = trained;
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 2))`, [model.namespaceId]);
      const name = versionName(model.eventType);
      // Types may share a name ("Theft" and "theft", and all that is written without Latin letters): they share its numbers.
      const [last] = await manager.query<{ number: number | null }[]>(
        `SELECT max(number) AS number FROM models
         WHERE namespace_id = $1 AND (event_type = $2 OR model_version = $3 || '-' || number)`,
        [model.namespaceId, model.eventType, name],
      );
      const number = (last?.number ?? 0) + 1;
      const modelVersion = `${name}-${number}`;
      // Opaque documents, which TypeORM would read as partial columns.
      await manager.insert(ModelEntity, { ...model, number, modelVersion, status: 'candidate' } as object);
      await manager.query(
        `INSERT INTO model_states (namespace_id, model_version, ingest_seq, data_until, state) VALUES ($1, $2, $3, $4, $5)`,
        [model.namespaceId, modelVersion, ingestSeq, dataUntil, state],
      );
      await this.changed(model.namespaceId);
      return modelVersion;
    });
  }

  async keepScores(namespaceId: string, modelVersion: string, scores: ModelScores): Promise<void> {
    await this.postgres.repository(ModelEntity).update({ namespaceId, modelVersion }, { scores });
    await this.changed(namespaceId);
  }

  private changed(namespaceId: string): Promise<void> {
    return this.postgres.afterCommit(() => this.cache.invalidate(modelsTag(namespaceId)));
  }

  /** @throws AppError NOT_FOUND, also for a model of another namespace */
  async require(namespaceId: string, modelVersion: string): Promise<ModelEntity> {
    const model = await this.postgres.repository(ModelEntity).findOneBy({ namespaceId, modelVersion });
    if (!model) throw new AppError('NOT_FOUND', 'The namespace has no such model');
    return model;
  }

  async artefact(namespaceId: string, modelVersion: string): Promise<Buffer> {
    const [row] = await this.postgres.manager.query<{ artefact: Buffer }[]>(
      `SELECT artefact FROM models WHERE namespace_id = $1 AND model_version = $2`,
      [namespaceId, modelVersion],
    );
    if (!row) throw new AppError('NOT_FOUND', 'The namespace has no such model');
    return row.artefact;
  }
}

function refuseIfItLoses(model: ModelEntity, force: boolean): void {
  if (force || model.scores?.passes === true) return;
  const why = model.scores
    ? `It loses to ${model.scores.loses_to.join(', ')} over ${model.scores.windows} windows`
    : 'It was never tested against the baselines';
  throw new AppError('MODEL_LOSES_TO_BASELINE', `${why}. Activate it with force if you know why that is no reason`, {
    extension: { loses_to: model.scores?.loses_to ?? [] },
  });
}

/** An event type may hold anything; a version stands in paths. */
function versionName(eventType: string): string {
  const plain = eventType
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return plain === '' ? 'model' : plain;
}
