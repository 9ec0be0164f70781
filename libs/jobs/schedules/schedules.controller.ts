import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, RequireScope } from '#access';
import {
  job,
  type Job,
  type Paged,
  schedule,
  type Schedule,
  scheduleInput,
  type ScheduleInput,
  schedulePage,
  schedulePatch,
  type SchedulePatch,
  schedulesQuery,
  type SchedulesQuery,
} from '#contracts';
import { Answers, API_PREFIX, Atomic, Documented, Idempotent, versionOf } from '#platform';
import { SchedulesService } from './schedules.service.js';

const scheduleId = z.string().regex(/^sch_[A-Za-z0-9_-]{16}$/, 'must be a schedule_id, which begins with sch_');
const OF_A_TYPE = ['JOB_TYPE_INTERNAL', 'BODY_TOO_LARGE'] as const;

@Controller('schedules')
@RequireScope('jobs')
export class SchedulesController {
  constructor(private readonly schedules: SchedulesService) {}

  @Get()
  @Answers(schedulePage, { summary: 'Schedules, the newest first' })
  list(
    @Access() access: AccessContext,
    @Query({ schema: schedulesQuery }) query: SchedulesQuery,
  ): Promise<Paged<Schedule>> {
    return this.schedules.list(access, query);
  }

  @Post()
  @Idempotent()
  @HttpCode(201)
  @Atomic()
  @Answers(schedule, {
    summary: 'Have a job done again and again',
    description:
      'At the times of a cron line in a time zone, or every so many seconds. Each due time gives one job, over however ' +
      'many workers. It goes on when the token that made it has ended, until it is paused or deleted.',
    status: 201,
    errors: [...OF_A_TYPE, 'SCHEDULES_TOO_MANY'],
  })
  @Documented({ headers: ['Location', 'ETag'] })
  async create(
    @Access() access: AccessContext,
    @Body({ schema: scheduleInput }) input: ScheduleInput,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Schedule> {
    const made = await this.schedules.create(access, input);
    void reply.header('Location', `/${API_PREFIX}/schedules/${made.schedule_id}`).header('ETag', `"${made.version}"`);
    return made;
  }

  @Get(':schedule_id')
  @Answers(schedule, { summary: 'A schedule, with its last and its next due times', errors: ['NOT_FOUND'] })
  async read(
    @Access() access: AccessContext,
    @Param('schedule_id', { schema: scheduleId }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Schedule> {
    const found = await this.schedules.read(access, id);
    void reply.header('ETag', `"${found.version}"`);
    return found;
  }

  @Patch(':schedule_id')
  @Atomic()
  @Answers(schedule, {
    summary: 'Change, pause or resume a schedule',
    description: 'A new timing counts from now. What passed while it was paused is not made up for.',
    errors: [...OF_A_TYPE, 'NOT_FOUND', 'VERSION_CONFLICT'],
  })
  @Documented({ headers: ['ETag'] })
  async patch(
    @Access() access: AccessContext,
    @Param('schedule_id', { schema: scheduleId }) id: string,
    @Body({ schema: schedulePatch }) patch: SchedulePatch,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Schedule> {
    const changed = await this.schedules.patch(access, id, patch, versionOf(ifMatch));
    void reply.header('ETag', `"${changed.version}"`);
    return changed;
  }

  @Delete(':schedule_id')
  @HttpCode(204)
  @Atomic()
  @Answers(undefined, { summary: 'Delete a schedule', status: 204, errors: ['NOT_FOUND', 'VERSION_CONFLICT'] })
  remove(
    @Access() access: AccessContext,
    @Param('schedule_id', { schema: scheduleId }) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    return this.schedules.remove(access, id, versionOf(ifMatch));
  }

  @Post(':schedule_id/run')
  @HttpCode(202)
  @Idempotent()
  @Answers(job, {
    summary: 'Start its job now, beside its due times',
    status: 202,
    errors: ['NOT_FOUND', 'JOB_TYPE_INTERNAL'],
  })
  @Documented({ headers: ['Location'] })
  async run(
    @Access() access: AccessContext,
    @Param('schedule_id', { schema: scheduleId }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    const made = await this.schedules.runNow(access, id);
    void reply.header('Location', `/${API_PREFIX}/jobs/${made.job_id}`);
    return made;
  }
}
