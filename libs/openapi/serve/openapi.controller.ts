import { Controller, Get, Header, Headers, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public } from '#access';
import { Answers, Documented } from '#platform';
import { OpenapiDocuments } from './openapi-documents.js';
import { PAGE, PAGE_POLICY, START, UI_FILES, uiFile } from './swagger-ui.js';

const uiFileName = z.enum(UI_FILES);
const openApi = z.record(z.string(), z.unknown()).meta({ description: 'OpenAPI 3.1' });
/** The package's version is in no name, so that a browser asks each time, and gets 304. */
const CACHE_CONTROL = 'public, no-cache';

/** What the API says of itself: to programs and to people. */
@Controller()
@Public()
export class OpenapiController {
  constructor(private readonly documents: OpenapiDocuments) {}

  @Get('openapi.json')
  @Header('Content-Type', 'application/json; charset=utf-8')
  @Header('Cache-Control', CACHE_CONTROL)
  @Answers(openApi, { summary: 'This document' })
  document(): string {
    return this.documents.json;
  }

  @Get('docs')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', CACHE_CONTROL)
  @Header('Content-Security-Policy', PAGE_POLICY)
  @Answers(undefined, { summary: 'This document as a page to read and try', mediaType: 'text/html' })
  page(): string {
    return PAGE;
  }

  @Get('docs/start.js')
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  @Header('Cache-Control', CACHE_CONTROL)
  @Answers(undefined, { summary: 'What starts the page', mediaType: 'text/javascript' })
  @Documented({ hidden: true })
  start(): string {
    return START;
  }

  @Get('docs/:file')
  @Header('Cache-Control', CACHE_CONTROL)
  @Answers(undefined, { summary: 'A file of the page', mediaType: 'text/javascript' })
  @Documented({ hidden: true })
  async file(
    @Param('file', { schema: uiFileName }) name: z.output<typeof uiFileName>,
    @Headers('accept-encoding') accepted: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const { mediaType, body, brotli } = await uiFile(name);
    void reply.header('Content-Type', mediaType).header('Vary', 'Accept-Encoding');
    if (!brotli || !/\bbr\b/.test(accepted ?? '')) return body;
    void reply.header('Content-Encoding', 'br');
    return brotli;
  }
}
