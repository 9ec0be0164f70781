import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { NamespacesService } from '#access';
import { HandlesJob, type JobContext, type JobHandler, type JobParams, type JobResult } from '#jobs';
import { AppError, type Lease, Locks, Threads } from '#platform';
import { AssessmentKeeper } from '../assessments/assessment-keeper.js';
import { decodeArtefact } from '../models/artefact.js';
import { ModelEntity } from '../models/model.entity.js';
import { ModelsService } from '../models/models.service.js';
import { TrainingData } from '../models/training-data.js';
import { WatchedTargets } from '../places/watched-targets.js';
import { type Opening, RISK_HORIZON, RiskOpener } from '../risks/risk-opener.js';
import { atLeast, levelOf } from './levels.js';
import { LiveSurface } from './live-surface.js';
import { LiveSurfaces } from './live-surfaces.js';
import type { RefreshInput, RefreshOutput } from './refresh.js';

const THREAD = new URL('./refresh.thread.js', import.meta.url);
/** A live risk expires when its cell or target falls under this share of the threshold that opened it. */
const HYSTERESIS = 0.9;
const MIN_TIME = Date.UTC(1900, 0, 1);
const SOON_MS = 24 * 3_600_000;
const PUBLISH_LOCK = 7_203_115;
/** A refresh whose worker died or hangs holds the next one up for this long. */
const LEASE_MS = 20_000;
/** Longer than that: who waits outlasts a holder that has died. */
const PATIENCE_MS = 45_000;

interface StoredState {
  ingest_seq: string;
  data_until: Date | null;
  state: Buffer;
}

/** Brings the surface of an event type up to now: new events into the state, the surface from it, risks from the surface. */
@Injectable()
@HandlesJob('surface.refresh')
export class RefreshHandler implements JobHandler<'surface.refresh'> {
  private readonly logger = new Logger(RefreshHandler.name);

  constructor(
    @InjectDataSource() private readonly postgres: DataSource,
    private readonly namespaces: NamespacesService,
    private readonly models: ModelsService,
    private readonly data: TrainingData,
    private readonly threads: Threads,
    private readonly opener: RiskOpener,
    private readonly targets: WatchedTargets,
    private readonly live: LiveSurfaces,
    private readonly locks: Locks,
    private readonly assessments: AssessmentKeeper,
  ) {}

  /** One at a time for a surface: the second would compute from the same state, and be refused when it is done. */
  run({ event_type }: JobParams<'surface.refresh'>, context: JobContext): Promise<JobResult<'surface.refresh'>> {
    const { namespaceId, signal } = context;
    return this.locks.withLock(
      `surface.refresh ${namespaceId}/${event_type}`,
      { ttlMs: LEASE_MS, waitMs: PATIENCE_MS, signal },
      (lease) => this.refresh(namespaceId, event_type, lease, AbortSignal.any([signal, lease.signal])),
    );
  }

  private async refresh(
    namespaceId: string,
    event_type: string,
    lease: Lease,
    signal: AbortSignal,
  ): Promise<JobResult<'surface.refresh'>> {
    const model = await this.postgres
      .getRepository(ModelEntity)
      .findOneBy({ namespaceId, eventType: event_type, status: 'active' });
    if (!model) throw new AppError('SURFACE_NOT_READY', `No model of "${event_type}" is active`);
    // What the surface that is replaced says is in no other place.
    await this.assessments.keepUnkept(namespaceId, event_type, signal);
    const stored = await this.storedState(model);
    const untilSeq = await this.data.position(namespaceId);
    const now = Date.now();
    const history = await this.data.read(
      {
        namespaceId,
        eventType: event_type,
        from: MIN_TIME,
        to: now + SOON_MS,
        minAmount: model.minAmount,
        afterSeq: Number(stored.ingest_seq),
        untilSeq,
      },
      signal,
    );
    const artefact = await this.models.artefact(namespaceId, model.modelVersion);
    const output = await this.threads.run<RefreshInput, RefreshOutput>(
      THREAD,
      'refresh',
      { key: `${namespaceId}/${model.modelVersion}`, artefact, state: stored.state, history, now },
      { signal },
    );
    const dataUntil = new Date(Math.max(stored.data_until?.getTime() ?? 0, output.newest ?? 0));
    const version = await this.publish(model, stored, { untilSeq, dataUntil, now }, output, lease);
    if (version === undefined) return { superseded: true };
    await this.live.follow();
    const surface = this.published(model, artefact, output.surface, { version, dataUntil, now });
    const risks = await this.reconcileRisks(surface, lease);
    await this.keep(surface, signal);
    this.logger.log(
      { namespace: namespaceId, event_type, version, absorbed: output.absorbed },
      'a surface was published',
    );
    return { version, absorbed: output.absorbed, outside_region: output.outside, ...risks };
  }

  private async storedState(model: ModelEntity): Promise<StoredState> {
    const [state] = await this.postgres.query<StoredState[]>(
      `SELECT ingest_seq, data_until, state FROM model_states WHERE namespace_id = $1 AND model_version = $2`,
      [model.namespaceId, model.modelVersion],
    );
    if (!state) throw new Error(`The model ${model.modelVersion} has no state`);
    return state;
  }

  /** State and surface together; undefined where another refresh came first, whose state holds what this one read. */
  private publish(
    model: ModelEntity,
    before: StoredState,
    at: { untilSeq: number; dataUntil: Date; now: number },
    output: RefreshOutput,
    lease: Lease,
  ): Promise<number | undefined> {
    return this.postgres.transaction(async (manager) => {
      const moved = await manager.query<[unknown[], number]>(
        `UPDATE model_states SET ingest_seq = $3, data_until = $4, state = $5, updated_at = now()
         WHERE namespace_id = $1 AND model_version = $2 AND ingest_seq = $6`,
        [
          model.namespaceId,
          model.modelVersion,
          at.untilSeq,
          at.dataUntil,
          Buffer.from(output.state),
          before.ingest_seq,
        ],
      );
      if (moved[1] === 0) return undefined;
      // Versions become visible in their order: a replica asks for what is newer than the newest it has seen.
      await manager.query(`SELECT pg_advisory_xact_lock($1)`, [PUBLISH_LOCK]);
      await lease.guard(manager);
      const [row] = await manager.query<{ version: string }[]>(
        `INSERT INTO surfaces (namespace_id, event_type, version, model_version, issued_at, data_until, cells, payload)
         VALUES ($1, $2, nextval('surface_versions'), $3, $4, $5, $6, $7)
         ON CONFLICT (namespace_id, event_type) DO UPDATE SET version = excluded.version,
           model_version = excluded.model_version, issued_at = excluded.issued_at, data_until = excluded.data_until,
           cells = excluded.cells, payload = excluded.payload, assessments_kept = false
         RETURNING version`,
        [
          model.namespaceId,
          model.eventType,
          model.modelVersion,
          new Date(at.now),
          at.dataUntil,
          model.cells,
          Buffer.from(output.surface),
        ],
      );
      return Number(row?.version);
    });
  }

  private published(
    { namespaceId, eventType, modelVersion }: ModelEntity,
    artefact: Buffer,
    payload: Uint8Array,
    at: { version: number; dataUntil: Date; now: number },
  ): LiveSurface {
    const live = this.live.find(namespaceId, eventType);
    if (live?.head.version === at.version) return live;
    const issuedAt = new Date(at.now);
    const head = { namespaceId, eventType, modelVersion, issuedAt, dataUntil: at.dataUntil, version: at.version };
    return new LiveSurface(head, payload, decodeArtefact(artefact));
  }

  /** The surface is in service: what cannot be written now does not undo that, and the next refresh begins with it. */
  private async keep(surface: LiveSurface, signal: AbortSignal): Promise<void> {
    try {
      await this.assessments.keep(surface, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.logger.warn(
        { err: error, namespace: surface.head.namespaceId, version: surface.head.version },
        'what a surface says could not be kept yet',
      );
    }
  }

  private async reconcileRisks(surface: LiveSurface, lease: Lease): Promise<{ opened: number; expired: number }> {
    const { namespaceId, eventType, modelVersion, issuedAt } = surface.head;
    const { levels } = await this.namespaces.require(namespaceId);
    const view = surface.view(RISK_HORIZON);
    const { cells, pEvent, expectedCount } = view.slice;
    const hot = cells.flatMap((cell, i) => {
      const level = levelOf(pEvent[i] ?? 0, levels);
      return atLeast(level, 'HIGH')
        ? [{ cell, level, pEvent: pEvent[i] ?? 0, expectedCount: expectedCount[i] ?? 0 }]
        : [];
    });
    const opening: Opening = {
      namespaceId,
      eventType,
      modelVersion,
      issuedAt,
      hot,
      expireBelow: HYSTERESIS * levels.HIGH,
      pEventOf: (cell) => pEvent[view.indexOf(cell)],
      targets: await this.targets.find(surface, RISK_HORIZON, levels, HYSTERESIS),
    };
    return this.opener.reconcile(opening, lease);
  }
}
