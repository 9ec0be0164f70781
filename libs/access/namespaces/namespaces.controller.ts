import { Body, Controller, Get, Headers, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  namespace,
  type Namespace,
  namespaceId,
  type NamespaceInput,
  namespaceInput,
  namespacePage,
  type NamespacePatch,
  namespacePatch,
  pageQuery,
  type Paged,
} from '#contracts';
import { Answers, Documented, Idempotent, versionOf } from '#platform';
import { Caller, type Principal } from '../guard/access-context.js';
import { RequireScope } from '../guard/require-scope.js';
import { NamespacesService } from './namespaces.service.js';

const listQuery = z.strictObject(pageQuery);

@Controller('namespaces')
export class NamespacesController {
  constructor(private readonly namespaces: NamespacesService) {}

  @Get()
  @RequireScope('any', { namespace: false })
  @Answers(namespacePage, { summary: 'Namespaces the token may see' })
  list(
    @Caller() by: Principal,
    @Query({ schema: listQuery }) query: z.output<typeof listQuery>,
  ): Promise<Paged<Namespace>> {
    return this.namespaces.list(by, query.limit, query.cursor);
  }

  @Post()
  @Idempotent()
  @HttpCode(201)
  @RequireScope('admin', { namespace: false })
  @Answers(namespace, { summary: 'Make a namespace', errors: ['NAMESPACE_EXISTS'] })
  @Documented({ headers: ['Location', 'ETag'] })
  async create(
    @Caller() by: Principal & { requestId: string },
    @Body({ schema: namespaceInput }) input: NamespaceInput,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Namespace> {
    const created = await this.namespaces.create(by, input);
    void reply.header('Location', `/api/v1/namespaces/${created.namespace_id}`).header('ETag', `"${created.version}"`);
    return created;
  }

  @Get(':namespace_id')
  @RequireScope('any', { namespace: false })
  @Answers(namespace, { summary: 'A namespace', errors: ['NAMESPACE_NOT_FOUND'] })
  async read(
    @Caller() by: Principal,
    @Param('namespace_id', { schema: namespaceId }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Namespace> {
    const found = await this.namespaces.read(by, id);
    void reply.header('ETag', `"${found.version}"`);
    return found;
  }

  @Patch(':namespace_id')
  @RequireScope('admin', { namespace: false })
  @Answers(namespace, { summary: 'Change a namespace', errors: ['NAMESPACE_NOT_FOUND'] })
  @Documented({ headers: ['ETag'] })
  async patch(
    @Caller() by: Principal & { requestId: string },
    @Param('namespace_id', { schema: namespaceId }) id: string,
    @Body({ schema: namespacePatch }) patch: NamespacePatch,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Namespace> {
    const changed = await this.namespaces.patch(by, id, patch, versionOf(ifMatch));
    void reply.header('ETag', `"${changed.version}"`);
    return changed;
  }
}
