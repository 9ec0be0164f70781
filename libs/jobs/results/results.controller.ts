import type { Readable } from 'node:stream';
import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, Public, RequireScope } from '#access';
import {
  jobResult,
  type ResultLink,
  resultLink,
  type ResultLinkInput,
  resultLinkInput,
  type ResultLinkQuery,
  resultLinkQuery,
} from '#contracts';
import { Answers, Documented, Idempotent } from '#platform';
import { type Download, ResultsService } from './results.service.js';
import { sendFile } from './send-file.js';

const jobId = z.uuid();
const PART = {
  206: {
    description: 'The bytes that `Range` asks for, of the file that `If-Range` names.',
    mediaType: 'application/octet-stream',
  },
};

@Controller('jobs')
export class ResultsController {
  constructor(private readonly results: ResultsService) {}

  @Get(':job_id/result')
  @RequireScope('jobs')
  @Answers(jobResult, {
    summary: 'What came of a job',
    description:
      'JSON, or the file where the result is one: as it is, its `ETag` the hash of its bytes, resumable by `Range` and ' +
      '`If-Range`. A file is kept for a time (`JOB_RESULT_DAYS`).',
    errors: ['NOT_FOUND', 'RESULT_NOT_READY', 'JOB_STATE_CONFLICT', 'RESULT_EXPIRED', 'RANGE_NOT_SATISFIABLE'],
  })
  @Documented({ answers: PART })
  async read(
    @Access() { namespace }: AccessContext,
    @Param('job_id', { schema: jobId }) id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Record<string, unknown> | Readable | ''> {
    const result = await this.results.of(namespace.namespaceId, id);
    return isDownload(result) ? sendFile(result, request, reply) : result;
  }

  @Post(':job_id/result/link')
  @Idempotent()
  @RequireScope('jobs')
  @Answers(resultLink, {
    summary: 'Make a link to the file of a result',
    description: 'Good without a token, for this file alone, until it expires. It cannot be called back.',
    status: 201,
    errors: ['NOT_FOUND', 'RESULT_NOT_READY', 'JOB_STATE_CONFLICT', 'RESULT_EXPIRED'],
  })
  link(
    @Access() access: AccessContext,
    @Param('job_id', { schema: jobId }) id: string,
    @Body({ schema: resultLinkInput }) input: ResultLinkInput,
  ): Promise<ResultLink> {
    return this.results.link(access, id, input);
  }

  @Get(':job_id/result/file')
  @Public()
  @Answers(undefined, {
    summary: 'Download the file of a result by a link',
    description: 'The link has the say, and no token is needed. Resumable by `Range` and `If-Range`.',
    mediaType: 'application/octet-stream',
    errors: ['LINK_INVALID', 'LINK_EXPIRED', 'RESULT_EXPIRED', 'RANGE_NOT_SATISFIABLE'],
  })
  @Documented({ answers: PART })
  async file(
    @Param('job_id', { schema: jobId }) id: string,
    @Query({ schema: resultLinkQuery }) query: ResultLinkQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable | ''> {
    return sendFile(await this.results.linked(id, query), request, reply);
  }
}

const isDownload = (result: Record<string, unknown> | Download): result is Download =>
  typeof result['open'] === 'function';
