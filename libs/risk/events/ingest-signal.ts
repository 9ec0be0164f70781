import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ALL_EVENT_TYPES } from '#contracts';
import { JobsService } from '#jobs';

/** After the last event of a burst the surfaces follow in this time; in a stream that never pauses, in the longer one. */
const QUIET_MS = 1_000;
const LONGEST_MS = 15_000;

interface Pending {
  types: Set<string>;
  since: number;
  timer: NodeJS.Timeout;
}

/** Tells the surfaces that there are new events: one refresh a burst. A lost signal costs nothing but the clock's interval. */
@Injectable()
export class IngestSignal implements OnApplicationShutdown {
  private readonly logger = new Logger(IngestSignal.name);
  private readonly pending = new Map<string, Pending>();

  constructor(
    @InjectDataSource() private readonly postgres: DataSource,
    private readonly jobs: JobsService,
  ) {}

  ingested(namespaceId: string, eventTypes: Iterable<string>): void {
    const now = Date.now();
    const before = this.pending.get(namespaceId);
    if (before) clearTimeout(before.timer);
    const since = before?.since ?? now;
    const wait = Math.max(0, Math.min(QUIET_MS, since + LONGEST_MS - now));
    const types = new Set([...(before?.types ?? []), ...eventTypes]);
    this.pending.set(namespaceId, { types, since, timer: setTimeout(() => void this.fire(namespaceId, types), wait) });
  }

  onApplicationShutdown(): void {
    for (const { timer } of this.pending.values()) clearTimeout(timer);
    this.pending.clear();
  }

  private async fire(namespaceId: string, types: Set<string>): Promise<void> {
    this.pending.delete(namespaceId);
    try {
      const active = await this.postgres.query<{ event_type: string }[]>(
        `SELECT event_type FROM models WHERE namespace_id = $1 AND status = 'active' AND event_type = ANY ($2)`,
        [namespaceId, [...types, ALL_EVENT_TYPES]],
      );
      for (const { event_type } of active) await this.jobs.create({ namespaceId }, 'surface.refresh', { event_type });
    } catch (error) {
      this.logger.warn({ err: error, namespace: namespaceId }, 'a refresh was not asked for; the clock will');
    }
  }
}
