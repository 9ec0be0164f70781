import { Controller, Get, Res } from '@nestjs/common';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
import type { FastifyReply } from 'fastify';
import { RequireScope } from '#access';
import { Answers } from '#platform';

/** What Prometheus scrapes. It tells of load and stores, so it wants an administrator's token. */
@Controller()
export class MetricsController extends PrometheusController {
  // The path is the module's: it writes it onto the controller.
  @Get()
  @RequireScope('admin', { namespace: false })
  @Answers(undefined, { summary: 'Figures in the text format of Prometheus', mediaType: 'text/plain' })
  override async index(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return super.index(reply);
  }
}
