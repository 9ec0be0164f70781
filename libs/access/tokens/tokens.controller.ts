import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import {
  type CreatedToken,
  pageQuery,
  type Paged,
  type Token,
  type TokenInput,
  tokenInput,
  type TokenSelf,
} from '#contracts';
import { Access, type AccessContext } from '../guard/access-context.js';
import { RequireScope } from '../guard/require-scope.js';
import { presentNamespace } from '../namespaces/namespaces.service.js';
import { TokensService } from './tokens.service.js';

const listQuery = z.strictObject(pageQuery);
const tokenId = z.uuid();

@Controller('tokens')
export class TokensController {
  constructor(private readonly tokens: TokensService) {}

  @Get('self')
  @RequireScope('any')
  self(@Access() access: AccessContext): TokenSelf {
    const { principal, namespace } = access;
    return {
      token_id: principal.tokenId,
      name: principal.name,
      scopes: [...principal.scopes],
      namespace: presentNamespace(namespace),
    };
  }

  @Get()
  @RequireScope('admin')
  list(
    @Access() access: AccessContext,
    @Query({ schema: listQuery }) query: z.output<typeof listQuery>,
  ): Promise<Paged<Token>> {
    return this.tokens.list(access, query.limit, query.cursor);
  }

  @Post()
  @HttpCode(201)
  @RequireScope('admin')
  create(@Access() access: AccessContext, @Body({ schema: tokenInput }) input: TokenInput): Promise<CreatedToken> {
    return this.tokens.create(access, input);
  }

  @Post(':token_id/rotate')
  @HttpCode(200)
  @RequireScope('admin')
  rotate(@Access() access: AccessContext, @Param('token_id', { schema: tokenId }) id: string): Promise<CreatedToken> {
    return this.tokens.rotate(access, id);
  }

  @Delete(':token_id')
  @HttpCode(204)
  @RequireScope('admin')
  revoke(@Access() access: AccessContext, @Param('token_id', { schema: tokenId }) id: string): Promise<void> {
    return this.tokens.revoke(access, id);
  }
}
