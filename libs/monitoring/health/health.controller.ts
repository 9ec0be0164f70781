import { Controller, Get, Res, ServiceUnavailableException } from '@nestjs/common';
import { type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Public } from '#access';
import { liveness, type Liveness, readiness, type Readiness } from '#contracts';
import { Answers, Documented } from '#platform';
import { Dependencies } from './dependencies.js';
import { readinessOf, type Signs } from './readiness.js';

@Controller()
@Public()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly dependencies: Dependencies,
  ) {}

  /** Liveness: the process answers. It touches no store, so that a store's trouble never restarts us. */
  @Get('health')
  @Answers(liveness, { summary: 'Liveness: the process answers', example: { status: 'ok' } })
  live(): Liveness {
    return { status: 'ok' };
  }

  @Get('ready')
  @Answers(readiness, {
    summary: 'Readiness: requests can be served, and the state of each store',
    example: { status: 'ok', dependencies: { postgres: { status: 'up', latency_ms: 0.4, detail: null } } },
  })
  @Documented({ answers: { 503: { description: 'Requests cannot be served.', schema: readiness } } })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const found = readinessOf(await this.signs());
    void reply.header('Cache-Control', 'no-store').status(found.status === 'unavailable' ? 503 : 200);
    return found;
  }

  private async signs(): Promise<Signs> {
    try {
      return (await this.health.check(this.dependencies.checks)).details as Signs;
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      const { details } = error.getResponse() as HealthCheckResult;
      return details;
    }
  }
}
