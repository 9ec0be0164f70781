import { Controller, Get, Header, HttpCode, Post } from '@nestjs/common';
import { Access, type AccessContext, RequireScope } from '#access';
import { spoolRetry, type SpoolRetry, spoolState, type SpoolState } from '#contracts';
import { Answers, Idempotent } from '#platform';
import { ParkedBatches } from './parked-batches.js';

@Controller('events/spool')
export class SpoolController {
  constructor(private readonly batches: ParkedBatches) {}

  @Get()
  @RequireScope('admin')
  @Header('Cache-Control', 'no-store')
  @Answers(spoolState, {
    summary: 'Events of the namespace that are not in the event store yet',
    description:
      'What was answered with `buffered: true` waits here until the event store takes it. What the store refused is ' +
      'parked, so that the rest can go on.',
  })
  read(@Access() access: AccessContext): Promise<SpoolState> {
    return this.batches.state(access.namespace.namespaceId);
  }

  @Post('retry')
  @HttpCode(200)
  @Idempotent()
  @RequireScope('admin')
  @Answers(spoolRetry, { summary: 'Have parked events tried again, where they were in the line' })
  retry(@Access() access: AccessContext): Promise<SpoolRetry> {
    return this.batches.retry(access.namespace.namespaceId);
  }
}
