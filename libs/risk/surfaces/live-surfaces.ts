import { EventEmitter, once } from 'node:events';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, MoreThan } from 'typeorm';
import { AnswerVersions, AppError } from '#platform';
import { type Artefact, decodeArtefact } from '../models/artefact.js';
import { LiveSurface } from './live-surface.js';
import { SurfaceEntity } from './surface.entity.js';

/** How soon a replica has a surface that another process made. */
const POLL_MS = 1_000;

/**
 * The current surfaces of all namespaces, in memory. They are read from PostgreSQL at the start and followed by asking
 * for newer versions: a look that is missed while PostgreSQL is away is made up by the next, and what is here stays.
 */
@Injectable()
export class LiveSurfaces implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(LiveSurfaces.name);
  private readonly byNamespace = new Map<string, Map<string, LiveSurface>>();
  private readonly changes = new EventEmitter();
  /** Of all surfaces of a namespace together. */
  private readonly versions = new Map<string, string>();
  private newest = '0';
  private timer: NodeJS.Timeout | undefined;
  private following: Promise<void> | undefined;

  constructor(
    @InjectDataSource() private readonly postgres: DataSource,
    private readonly answers: AnswerVersions,
  ) {
    answers.register('surface', (namespaceId) => this.versions.get(namespaceId) ?? '');
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.follow();
    this.timer = setInterval(() => void this.follow(), POLL_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.following;
  }

  /** Takes in what is newer; a look that is under way is shared. */
  follow(): Promise<void> {
    this.following ??= this.load().finally(() => (this.following = undefined));
    return this.following;
  }

  /** The surface of a type, or, where none is named, of the namespace's only one. */
  find(namespaceId: string, eventType: string | undefined): LiveSurface | undefined {
    const surfaces = this.byNamespace.get(namespaceId);
    if (eventType !== undefined) return surfaces?.get(eventType);
    return surfaces?.size === 1 ? surfaces.values().next().value : undefined;
  }

  /**
   * @throws AppError SURFACE_NOT_READY where there is none, EVENT_TYPE_AMBIGUOUS where a type must be named
   */
  require(namespaceId: string, eventType: string | undefined): LiveSurface {
    const found = this.find(namespaceId, eventType);
    if (found) return found;
    const types = this.types(namespaceId);
    if (eventType === undefined && types.length > 1)
      throw new AppError('EVENT_TYPE_AMBIGUOUS', `Name one with event_type: ${types.slice(0, 20).join(', ')}`, {
        errors: [{ path: 'event_type', message: `there are surfaces of ${types.length}` }],
        extension: { event_types: types },
      });
    throw new AppError(
      'SURFACE_NOT_READY',
      eventType === undefined
        ? 'The namespace has no active model yet: train one'
        : `There is no surface of "${eventType.slice(0, 100)}": train a model of it and activate it`,
      { extension: { event_types: types } },
    );
  }

  /** Waits until a surface of the type is here. */
  async appearance(namespaceId: string, eventType: string, signal: AbortSignal): Promise<void> {
    while (!this.find(namespaceId, eventType)) await once(this.changes, 'change', { signal });
  }

  types(namespaceId: string): string[] {
    return [...(this.byNamespace.get(namespaceId)?.keys() ?? [])].sort();
  }

  covers(namespaceId: string, cell: string): boolean {
    return [...(this.byNamespace.get(namespaceId)?.values() ?? [])].some((surface) => surface.covers(cell));
  }

  private async load(): Promise<void> {
    try {
      const rows = await this.postgres
        .getRepository(SurfaceEntity)
        .find({ where: { version: MoreThan(this.newest) }, order: { version: 'ASC' } });
      for (const row of rows) {
        this.newest = row.version;
        await this.put(row).catch((error: unknown) => {
          // Of another release, or damaged: the old one stays until a worker has made the next.
          this.logger.error(
            { err: error, namespace: row.namespaceId, version: row.version },
            'a surface cannot be read',
          );
        });
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'newer surfaces could not be read; those in memory stay');
    }
  }

  private async put(row: SurfaceEntity): Promise<void> {
    const { namespaceId, eventType, modelVersion, issuedAt, dataUntil, version, payload } = row;
    const before = this.byNamespace.get(namespaceId)?.get(eventType);
    const artefact =
      before?.head.modelVersion === modelVersion ? before.artefact : await this.artefact(namespaceId, modelVersion);
    const head = { namespaceId, eventType, modelVersion, issuedAt, dataUntil, version: Number(version) };
    const surface = new LiveSurface(head, payload, artefact);
    // Computed before it is swapped in, so that no request waits for it.
    await surface.prepare();
    let surfaces = this.byNamespace.get(namespaceId);
    if (!surfaces) this.byNamespace.set(namespaceId, (surfaces = new Map<string, LiveSurface>()));
    surfaces.set(eventType, surface);
    this.versions.set(namespaceId, [...surfaces.values()].map(({ head }) => head.version).join('.'));
    this.answers.changed(namespaceId);
    this.changes.emit('change');
  }

  private async artefact(namespaceId: string, modelVersion: string): Promise<Artefact> {
    const [row] = await this.postgres.query<{ artefact: Buffer }[]>(
      `SELECT artefact FROM models WHERE namespace_id = $1 AND model_version = $2`,
      [namespaceId, modelVersion],
    );
    if (!row) throw new Error(`The surface of ${namespaceId} names a model ${modelVersion} that is not there`);
    return decodeArtefact(row.artefact);
  }
}
