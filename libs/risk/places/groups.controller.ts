import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Access, type AccessContext, RequireScope } from '#access';
import {
  group,
  type Group,
  type GroupDeletion,
  groupDeletion,
  groupId,
  type GroupInput,
  groupInput,
  groupPage,
  type GroupPatch,
  groupPatch,
  type GroupsQuery,
  groupsQuery,
  type Paged,
} from '#contracts';
import { Answers, API_PREFIX, Atomic, Cached, Documented, Idempotent, versionOf } from '#platform';
import { GROUPS } from '../answers.js';
import { GroupsService } from './groups.service.js';

@Controller('groups')
export class GroupsController {
  constructor(private readonly groups: GroupsService) {}

  @Get()
  @Cached(GROUPS)
  @RequireScope('risk:read')
  @Answers(groupPage, { summary: 'Groups of targets, the newest first' })
  list(@Access() access: AccessContext, @Query({ schema: groupsQuery }) query: GroupsQuery): Promise<Paged<Group>> {
    return this.groups.list(access, query);
  }

  @Post()
  @Idempotent()
  @HttpCode(201)
  @RequireScope('risk:write')
  @Atomic()
  @Answers(group, { summary: 'Make a group', status: 201 })
  @Documented({ headers: ['Location', 'ETag'] })
  async create(
    @Access() access: AccessContext,
    @Body({ schema: groupInput }) input: GroupInput,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Group> {
    const created = await this.groups.create(access, input);
    void reply.header('Location', `/${API_PREFIX}/groups/${created.group_id}`).header('ETag', `"${created.version}"`);
    return created;
  }

  @Get(':group_id')
  @RequireScope('risk:read')
  @Answers(group, { summary: 'A group', errors: ['NOT_FOUND'] })
  async read(
    @Access() access: AccessContext,
    @Param('group_id', { schema: groupId }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Group> {
    const found = await this.groups.read(access, id);
    void reply.header('ETag', `"${found.version}"`);
    return found;
  }

  @Patch(':group_id')
  @RequireScope('risk:write')
  @Atomic()
  @Answers(group, { summary: 'Change a group', errors: ['NOT_FOUND', 'VERSION_CONFLICT'] })
  @Documented({ headers: ['ETag'] })
  async patch(
    @Access() access: AccessContext,
    @Param('group_id', { schema: groupId }) id: string,
    @Body({ schema: groupPatch }) patch: GroupPatch,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Group> {
    const changed = await this.groups.patch(access, id, patch, versionOf(ifMatch));
    void reply.header('ETag', `"${changed.version}"`);
    return changed;
  }

  @Delete(':group_id')
  @HttpCode(204)
  @RequireScope('risk:write')
  @Atomic()
  @Answers(undefined, {
    summary: 'Delete a group',
    status: 204,
    errors: ['NOT_FOUND', 'VERSION_CONFLICT', 'GROUP_NOT_EMPTY'],
  })
  remove(
    @Access() access: AccessContext,
    @Param('group_id', { schema: groupId }) id: string,
    @Query({ schema: groupDeletion }) deletion: GroupDeletion,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    return this.groups.remove(access, id, deletion, versionOf(ifMatch));
  }
}
