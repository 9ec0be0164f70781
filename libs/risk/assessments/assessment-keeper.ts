import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { ClickHouse, type ConfigOf, Postgres } from '#platform';
import { decodeArtefact } from '../models/artefact.js';
import { ModelsService } from '../models/models.service.js';
import { riskConfig } from '../risk.config.js';
import { LiveSurface } from '../surfaces/live-surface.js';
import type { RiskView } from '../surfaces/risk-view.js';

const COLUMNS = [
  'namespace_id',
  'event_type',
  'horizon_hours',
  'issued_at',
  'version',
  'cell',
  'model_version',
  'data_until',
  'p_event',
  'expected_count',
  'q05',
  'q50',
  'q95',
  'expected_loss',
] as const;
/** Cells that are written at once; the rows of one block are in memory together. */
const BATCH = 20_000;

interface UnkeptRow {
  version: string;
  model_version: string;
  issued_at: Date;
  data_until: Date;
  payload: Buffer;
}

/** Keeps what published surfaces said, cell by cell, for the day on which it is known what happened. */
@Injectable()
export class AssessmentKeeper {
  private readonly logger = new Logger(AssessmentKeeper.name);

  constructor(
    private readonly postgres: Postgres,
    private readonly clickhouse: ClickHouse,
    private readonly models: ModelsService,
    @Inject(riskConfig.token) private readonly config: Pick<ConfigOf<typeof riskConfig>, 'ASSESSMENT_HORIZONS'>,
  ) {}

  /**
   * Writes what a surface says, and notes that it is written. Of a surface that is written twice nothing is there twice.
   * @throws AppError UNAVAILABLE, STORAGE_FULL; nothing is noted then, and the next refresh begins with it
   */
  async keep(surface: LiveSurface, signal: AbortSignal): Promise<void> {
    const { namespaceId, eventType, version } = surface.head;
    for (const horizon of this.config.ASSESSMENT_HORIZONS) await this.write(surface, surface.view(horizon), signal);
    await this.postgres.manager.query(
      `UPDATE surfaces SET assessments_kept = true WHERE namespace_id = $1 AND event_type = $2 AND version = $3`,
      [namespaceId, eventType, version],
    );
  }

  /** Writes what the present surface of a type says where nobody has: its worker died, or ClickHouse was away. */
  async keepUnkept(namespaceId: string, eventType: string, signal: AbortSignal): Promise<void> {
    const [row] = await this.postgres.manager.query<UnkeptRow[]>(
      `SELECT version, model_version, issued_at, data_until, payload FROM surfaces
       WHERE namespace_id = $1 AND event_type = $2 AND NOT assessments_kept`,
      [namespaceId, eventType],
    );
    if (!row) return;
    const artefact = await this.models.artefact(namespaceId, row.model_version);
    const surface = this.read(namespaceId, eventType, row, artefact);
    if (surface) await this.keep(surface, signal);
  }

  private read(namespaceId: string, eventType: string, row: UnkeptRow, artefact: Buffer): LiveSurface | undefined {
    const head = {
      namespaceId,
      eventType,
      version: Number(row.version),
      modelVersion: row.model_version,
      issuedAt: row.issued_at,
      dataUntil: row.data_until,
    };
    try {
      return new LiveSurface(head, row.payload, decodeArtefact(artefact));
    } catch (error) {
      // Of another release, or damaged: the next surface must not wait for it for ever.
      this.logger.error(
        { err: error, namespace: namespaceId, version: row.version },
        'what an old surface said cannot be read, and is not kept',
      );
      return undefined;
    }
  }

  private async write({ head }: LiveSurface, view: RiskView, signal: AbortSignal): Promise<void> {
    const { namespaceId, eventType, version } = head;
    const { length } = view.slice.cells;
    for (let from = 0; from < length; from += BATCH) {
      if (from > 0) await setImmediate();
      await this.clickhouse.insert(
        'assessments',
        [...COLUMNS],
        Array.from({ length: Math.min(BATCH, length - from) }, (_, i) => valuesOf(head, view, from + i)),
        `assessments ${namespaceId}/${eventType} ${version} ${view.horizon} ${from}`,
        { signal },
      );
    }
  }
}

/** A row in the order of COLUMNS. */
function valuesOf(head: LiveSurface['head'], { horizon, slice }: RiskView, i: number): unknown[] {
  return [
    head.namespaceId,
    head.eventType,
    horizon,
    head.issuedAt.toISOString(),
    head.version,
    BigInt(`0x${slice.cells[i]}`).toString(),
    head.modelVersion,
    head.dataUntil.toISOString(),
    slice.pEvent[i],
    slice.expectedCount[i],
    slice.q05[i],
    slice.q50[i],
    slice.q95[i],
    slice.expectedLoss[i],
  ];
}
