import { Controller, Get, Res, ServiceUnavailableException } from '@nestjs/common';
import { type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Public } from '#access';
import type { Readiness } from '#contracts';
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
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = readinessOf(await this.signs());
    void reply.header('Cache-Control', 'no-store').status(readiness.status === 'unavailable' ? 503 : 200);
    return readiness;
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
