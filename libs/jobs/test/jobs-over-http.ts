import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { accessConfig, AccessHttpModule, TokensService } from '#access';
import type { Scope } from '#contracts';
import { Config, createHttpApp, httpConfig, HttpModule, PLATFORM_CONFIG, PlatformModule, type Stores } from '#platform';
import { jobsConfig } from '../jobs.config.js';
import { JobsHttpModule } from '../jobs.module.js';

/** An API process over the database of others, which listens on a port. */
export class JobsOverHttp {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly url: string,
    readonly dataDir: string,
  ) {}

  static async start(postgresUrl: string, redisUrl?: string, env: Record<string, string> = {}): Promise<JobsOverHttp> {
    const config = Config.read([...PLATFORM_CONFIG, accessConfig, jobsConfig], {
      LOG_LEVEL: 'silent',
      DATABASE_POOL: '6',
      RATE_LIMIT_PER_MINUTE: '100000',
      ...env,
    });
    const dataDir = await mkdtemp(join(tmpdir(), 'strisk-jobs-http-'));
    const stores: Stores = {
      dataDir,
      postgresUrl,
      // Nothing of jobs is there, and a process opens one embedded engine, which the workers have.
      clickhouse: { url: 'http://127.0.0.1:9/none' },
      redisUrl,
      close: () => Promise.resolve(),
    };
    @Module({
      imports: [
        PlatformModule.forRoot(config, stores),
        HttpModule,
        AccessHttpModule.forRoot(config.get(accessConfig)),
        JobsHttpModule,
      ],
    })
    class Api {}
    const app = await createHttpApp(Api, { config: config.get(httpConfig) });
    await app.listen(0, '127.0.0.1');
    return new JobsOverHttp(app, await app.getUrl(), dataDir);
  }

  async token(namespaceId: string | null, ...scopes: Scope[]): Promise<string> {
    const secret = `test_${randomBytes(24).toString('base64url')}`;
    // Of its own name: one that is given anew revokes the one before.
    await this.app.get(TokensService).ensure(secret, { name: randomUUID(), scopes, namespaceId });
    return secret;
  }

  ask(path: string, token: string | null, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    return fetch(path.startsWith('/api') ? `${this.url}${path}` : `${this.url}/api/v1/jobs/${path}`, {
      ...init,
      headers,
    });
  }

  async stop(): Promise<void> {
    await this.app.close();
    await rm(this.dataDir, { recursive: true });
  }
}

/** An event of a stream, as a client reads it. */
export interface SentEvent {
  id: string | undefined;
  event: string;
  data: Record<string, unknown>;
}

/** The events of an answer, until it ends or its reader does. */
export async function* eventsOf(response: Response): AsyncGenerator<SentEvent> {
  let rest = '';
  const text = response.body?.pipeThrough(new TextDecoderStream()) as AsyncIterable<string> | undefined;
  for await (const piece of text ?? []) {
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
      );
      const event = fields.get('event');
      if (event !== undefined)
        yield { id: fields.get('id'), event, data: JSON.parse(fields.get('data') ?? '{}') as SentEvent['data'] };
    }
  }
}
