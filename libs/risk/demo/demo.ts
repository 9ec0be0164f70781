import { join } from 'node:path';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { NamespaceRemovals, NamespacesService, secretFile, TokensService } from '#access';
import { type CityEvent, CITY_RESOLUTION, CITY_TIME_ZONE } from '#forecast';
import { JobsService } from '#jobs';
import { type ConfigOf, STORES, type Stores, Threads } from '#platform';
import { IngestService } from '../events/ingest.service.js';
import { LiveSurfaces } from '../surfaces/live-surfaces.js';
import { riskConfig } from '../risk.config.js';
import { DemoHistory } from './demo-history.js';
import type { ContinueInput, SimulateInput } from './demo.thread.js';

const DEMO_NAMESPACE = 'demo';
const DEMO_EVENT_TYPE = 'incident';
const SEED = 20_260_101;
const FEED_EVERY_MS = 60_000;
const BATCH = 10_000;
const THREAD = new URL('./demo.thread.js', import.meta.url);
/** Serves the demo's look: with some 160 incidents a day over 800 cells the default thresholds would paint half the city red. */
const LEVELS = { MODERATE: 0.1, HIGH: 0.3, CRITICAL: 0.6 };

interface DemoState {
  anchor: Date;
  seeded: boolean;
  fed_until: Date;
}

/**
 * The demo: a simulated city whose history is written once and whose present goes on. What it will hold is decided by a
 * seed and the moment of the first start, so a start that is cut off is gone on with, not begun anew.
 */
@Injectable()
export class Demo implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Demo.name);
  private readonly stop = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private making: Promise<void> = Promise.resolve();
  private feeding: Promise<void> | undefined;

  constructor(
    @Inject(riskConfig.token) private readonly config: ConfigOf<typeof riskConfig>,
    @Inject(STORES) private readonly stores: Stores,
    @InjectDataSource() private readonly postgres: DataSource,
    private readonly namespaces: NamespacesService,
    private readonly removals: NamespaceRemovals,
    private readonly tokens: TokensService,
    private readonly ingest: IngestService,
    private readonly history: DemoHistory,
    private readonly jobs: JobsService,
    private readonly live: LiveSurfaces,
    private readonly threads: Threads,
  ) {}

  /** Settles when the demo's surface is served; at once where there is no demo. */
  get ready(): Promise<void> {
    return this.making;
  }

  /** A token that may look at the demo and work on its risks; undefined where there is no demo, or was one. */
  async viewerToken(): Promise<string | undefined> {
    const wanted = this.config.STRISK_DEMO && !(await this.removals.wasRemoved(DEMO_NAMESPACE));
    return wanted ? secretFile(join(this.stores.dataDir, 'demo-token')) : undefined;
  }

  async onApplicationBootstrap(): Promise<void> {
    const viewer = await this.viewerToken();
    if (viewer === undefined) return;
    await this.namespaces.ensure({
      namespace_id: DEMO_NAMESPACE,
      name: 'Demo city (simulated)',
      h3_resolution: CITY_RESOLUTION,
      time_zone: CITY_TIME_ZONE,
      levels: LEVELS,
      amount_kind: 'amount',
    });
    await this.tokens.ensure(viewer, {
      name: 'demo viewer',
      scopes: ['risk:read', 'risk:write'],
      namespaceId: DEMO_NAMESPACE,
    });
    this.making = this.make();
    this.making.catch((error: unknown) => {
      if (!this.stop.signal.aborted) this.logger.error({ err: error }, 'the demo could not be made');
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.stop.abort();
    clearInterval(this.timer);
    await this.making.catch(() => undefined);
    await this.feeding;
  }

  private async make(): Promise<void> {
    const { anchor, seeded } = await this.state();
    if (!seeded) {
      const events = await this.threads.run<SimulateInput, CityEvent[]>(
        THREAD,
        'simulate',
        { now: anchor, seed: SEED },
        { signal: this.stop.signal },
      );
      await this.write(events);
      await this.postgres.query(`UPDATE demo SET seeded = true WHERE namespace_id = $1`, [DEMO_NAMESPACE]);
    }
    await this.feed();
    await this.train();
    this.timer = setInterval(() => void this.feed(), FEED_EVERY_MS);
  }

  private async train(): Promise<void> {
    const [model] = await this.postgres.query<unknown[]>(
      `SELECT 1 FROM models WHERE namespace_id = $1 AND status = 'active'`,
      [DEMO_NAMESPACE],
    );
    if (!model) {
      const job = await this.jobs.create({ namespaceId: DEMO_NAMESPACE }, 'model.train', {
        event_type: DEMO_EVENT_TYPE,
        activate: true,
        force: true,
      });
      this.logger.log({ job_id: job.job_id }, 'the demo is being fitted');
    }
    await this.live.appearance(DEMO_NAMESPACE, DEMO_EVENT_TYPE, this.stop.signal);
  }

  /** Lets the city live on until now. */
  private feed(): Promise<void> {
    this.feeding ??= this.goOn()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'the demo was not fed; trying again in a minute'))
      .finally(() => (this.feeding = undefined));
    return this.feeding;
  }

  private async goOn(): Promise<void> {
    if (await this.removals.wasRemoved(DEMO_NAMESPACE)) {
      clearInterval(this.timer);
      return;
    }
    const { fed_until: from } = await this.state();
    const to = new Date();
    const events = await this.threads.run<ContinueInput, CityEvent[]>(
      THREAD,
      'goOn',
      { history: await this.history.before(from), from, to, seed: SEED },
      { signal: this.stop.signal },
    );
    await this.write(events);
    await this.postgres.query(`UPDATE demo SET fed_until = $2 WHERE namespace_id = $1`, [DEMO_NAMESPACE, to]);
  }

  private async write(events: CityEvent[]): Promise<void> {
    const namespace = await this.namespaces.require(DEMO_NAMESPACE);
    for (let at = 0; at < events.length; at += BATCH) {
      this.stop.signal.throwIfAborted();
      const batch = events.slice(at, at + BATCH).map((event) => ({ ...event, event_type: DEMO_EVENT_TYPE }));
      await this.ingest.ingest(namespace, batch);
    }
  }

  private async state(): Promise<DemoState> {
    await this.postgres.query(
      `INSERT INTO demo (namespace_id, anchor, seeded, fed_until)
       SELECT $1, t, false, t FROM (SELECT date_trunc('minute', now()) AS t) AS start ON CONFLICT DO NOTHING`,
      [DEMO_NAMESPACE],
    );
    const [state] = await this.postgres.query<DemoState[]>(
      `SELECT anchor, seeded, fed_until FROM demo WHERE namespace_id = $1`,
      [DEMO_NAMESPACE],
    );
    if (!state) throw new Error('The state of the demo was not kept');
    return state;
  }
}
