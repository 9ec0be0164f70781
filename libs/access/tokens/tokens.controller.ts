import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import {
  createdToken,
  type CreatedToken,
  type RotateInput,
  rotateInput,
  pageQuery,
  type Paged,
  type Token,
  type TokenInput,
  tokenInput,
  tokenPage,
  tokenSelf,
  type TokenSelf,
} from '#contracts';
import { Answers, Idempotent } from '#platform';
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
  @Answers(tokenSelf, { summary: 'Who am I, and what may I do' })
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
  @Answers(tokenPage, { summary: 'Tokens of the namespace; those of administrators are of none' })
  list(
    @Access() access: AccessContext,
    @Query({ schema: listQuery }) query: z.output<typeof listQuery>,
  ): Promise<Paged<Token>> {
    return this.tokens.list(access, query.limit, query.cursor);
  }

  @Post()
  @Idempotent()
  @HttpCode(201)
  @RequireScope('admin')
  @Answers(createdToken, {
    summary: 'Make a token',
    description: 'The secret stands in this answer and is never shown again.',
  })
  create(@Access() access: AccessContext, @Body({ schema: tokenInput }) input: TokenInput): Promise<CreatedToken> {
    return this.tokens.create(access, input);
  }

  @Post(':token_id/rotate')
  @Idempotent()
  @HttpCode(200)
  @RequireScope('admin')
  @Answers(createdToken, {
    summary: 'Give a token another secret',
    description: 'The old one stops at once, or after `grace_seconds`.',
    errors: ['NOT_FOUND'],
  })
  rotate(
    @Access() access: AccessContext,
    @Param('token_id', { schema: tokenId }) id: string,
    @Body({ schema: rotateInput }) input: RotateInput,
  ): Promise<CreatedToken> {
    return this.tokens.rotate(access, id, input.grace_seconds);
  }

  @Delete(':token_id')
  @HttpCode(204)
  @RequireScope('admin')
  @Answers(undefined, { summary: 'Revoke a token, for good', errors: ['NOT_FOUND'] })
  revoke(@Access() access: AccessContext, @Param('token_id', { schema: tokenId }) id: string): Promise<void> {
    return this.tokens.revoke(access, id);
  }
}
