import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { JobsService } from '#jobs';
import type { ConfigOf } from '#platform';
import { riskConfig } from '../risk.config.js';

/** How often it looks; the age of each surface decides. */
const LOOK_MS = 10_000;

/** Time passes though nothing happens: asks for a refresh of every surface that is older than the interval. */
@Injectable()
export class SurfaceClock implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(SurfaceClock.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectDataSource() private readonly postgres: DataSource,
    @Inject(riskConfig.token) private readonly config: ConfigOf<typeof riskConfig>,
    private readonly jobs: JobsService,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(this.config.SURFACE_REFRESH_SECONDS), LOOK_MS);
    // Whatever their age at the start: this release may not read what the one before it wrote.
    void this.look(0);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async look(olderThanSeconds: number): Promise<void> {
    try {
      const due = await this.postgres.query<{ namespace_id: string; event_type: string }[]>(
        `SELECT m.namespace_id, m.event_type FROM models m
         LEFT JOIN surfaces s ON s.namespace_id = m.namespace_id AND s.event_type = m.event_type
           AND s.model_version = m.model_version
         WHERE m.status = 'active' AND (s.issued_at IS NULL OR s.issued_at < now() - make_interval(secs => $1))`,
        [olderThanSeconds],
      );
      // Of several workers that look at once, all but the first find the job waiting.
      for (const { namespace_id, event_type } of due)
        await this.jobs.create({ namespaceId: namespace_id }, 'surface.refresh', { event_type });
    } catch (error) {
      this.logger.warn({ err: error }, 'the age of the surfaces could not be looked at');
    }
  }
}
