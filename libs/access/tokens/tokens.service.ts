import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { IsNull, Not, Repository } from 'typeorm';
import { z } from 'zod';
import type { CreatedToken, Paged, Token, TokenInput } from '#contracts';
import { AppError, decodeCursor, pageOf } from '#platform';
import { Audit } from '../audit/audit.js';
import { type AccessContext, auditedBy, type Principal } from '../guard/access-context.js';
import { bearerToken, hashSecret, newSecret } from './secret.js';
import { TokenEntity } from './token.entity.js';

/** How long a process trusts a token it has seen: after that a revocation elsewhere is known here too. */
const CACHE_MS = 30_000;
const DAY_MS = 86_400_000;
const cursorKey = z.tuple([z.iso.datetime(), z.uuid()]);

@Injectable()
export class TokensService {
  /** By reference, and only tokens that exist: a stranger's guesses must not fill it. */
  private readonly cache = createCache({
    ttl: CACHE_MS,
    stores: [new Keyv<TokenEntity>({ serialize: undefined, deserialize: undefined })],
  });

  /** Part of every key: a look-up that was under way when a token changed must not put the old one back. */
  private generation = 0;

  constructor(
    @InjectRepository(TokenEntity) private readonly tokens: Repository<TokenEntity>,
    private readonly audit: Audit,
  ) {}

  /**
   * Who the `Authorization` header stands for.
   * @throws AppError TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED
   */
  async authenticate(header: string | undefined, now = Date.now()): Promise<Principal> {
    if (header === undefined) throw new AppError('TOKEN_MISSING', 'Send a token as "Authorization: Bearer <token>"');
    const secret = bearerToken(header);
    if (secret === undefined) throw new AppError('TOKEN_INVALID', 'The Authorization header must be "Bearer <token>"');
    const token = await this.find(secret);
    if (!token) throw new AppError('TOKEN_INVALID', 'No such token');
    if (token.revokedAt)
      throw new AppError('TOKEN_REVOKED', `The token was revoked at ${token.revokedAt.toISOString()}`);
    if (token.expiresAt && token.expiresAt.getTime() <= now)
      throw new AppError('TOKEN_EXPIRED', `The token expired at ${token.expiresAt.toISOString()}`);
    return { tokenId: token.tokenId, name: token.name, scopes: token.scopes, namespaceId: token.namespaceId };
  }

  /** The id of a token this process has seen lately; it asks no store. */
  async knownId(header: string | undefined): Promise<string | undefined> {
    const secret = bearerToken(header);
    return secret === undefined ? undefined : (await this.cache.get<TokenEntity>(this.cacheKey(secret)))?.tokenId;
  }

  async list(access: AccessContext, limit: number, cursor: string | undefined): Promise<Paged<Token>> {
    const after = decodeCursor(cursor, cursorKey);
    const query = this.tokens
      .createQueryBuilder('token')
      .where('token.namespace_id = :namespace', { namespace: access.namespace.namespaceId })
      .orderBy('token.created_at', 'DESC')
      .addOrderBy('token.token_id', 'DESC')
      .limit(limit + 1);
    if (after) query.andWhere('(token.created_at, token.token_id) < (:at, :id)', { at: after[0], id: after[1] });
    const page = pageOf(await query.getMany(), limit, (row) => [row.createdAt.toISOString(), row.tokenId]);
    return { data: page.data.map(presentToken), page: page.page };
  }

  /** The secret stands in the answer and nowhere else. An administrator's token is of no namespace. */
  async create(access: AccessContext, input: TokenInput, now = Date.now()): Promise<CreatedToken> {
    const secret = newSecret();
    const token = await this.tokens.save(
      this.tokens.create({
        namespaceId: input.scopes.includes('admin') ? null : access.namespace.namespaceId,
        name: input.name,
        hash: hashSecret(secret),
        scopes: input.scopes,
        expiresAt: new Date(now + input.expires_in_days * DAY_MS),
        revokedAt: null,
      }),
    );
    await this.audit.record(auditedBy(access), {
      action: 'token.create',
      subject: token.tokenId,
      after: presentToken(token),
    });
    return { ...presentToken(token), token: secret };
  }

  /** Gives a token a new secret; the old one stops at once. */
  async rotate(access: AccessContext, tokenId: string): Promise<CreatedToken> {
    const token = await this.require(access, tokenId);
    if (token.revokedAt) throw new AppError('NOT_FOUND', 'The token was revoked');
    const secret = newSecret();
    // Its hash alone, and only while it is good: a revocation at the same moment must stay one.
    const { affected } = await this.tokens.update({ tokenId, revokedAt: IsNull() }, { hash: hashSecret(secret) });
    if (affected === 0) throw new AppError('NOT_FOUND', 'The token was revoked');
    await this.forget();
    await this.audit.record(auditedBy(access), { action: 'token.rotate', subject: tokenId });
    return { ...presentToken(token), token: secret };
  }

  async revoke(access: AccessContext, tokenId: string): Promise<void> {
    await this.require(access, tokenId);
    await this.tokens.update({ tokenId, revokedAt: IsNull() }, { revokedAt: new Date() });
    await this.forget();
    await this.audit.record(auditedBy(access), { action: 'token.revoke', subject: tokenId });
  }

  /**
   * Puts a token with a known secret in place: the first administrator's, or the demo's. The configuration is the truth
   * of it: one of the same name with another secret stops. Repeating it changes nothing, and one that was revoked stays so.
   */
  async ensure(secret: string, token: Pick<TokenEntity, 'name' | 'scopes' | 'namespaceId'>): Promise<void> {
    const hash = hashSecret(secret);
    await this.tokens
      .createQueryBuilder()
      .insert()
      .values({ ...token, hash, expiresAt: null, revokedAt: null })
      .orIgnore()
      .execute();
    // Tokens that people make always expire, so none of theirs can be meant.
    await this.tokens.update(
      {
        name: token.name,
        namespaceId: token.namespaceId ?? IsNull(),
        expiresAt: IsNull(),
        revokedAt: IsNull(),
        hash: Not(hash),
      },
      { revokedAt: new Date() },
    );
    await this.forget();
  }

  private async find(secret: string): Promise<TokenEntity | null> {
    const key = this.cacheKey(secret);
    const found = await this.cache.wrap(key, () => this.tokens.findOneBy({ hash: hashSecret(secret) }));
    // It would stay in memory for good: what has expired is only removed when it is asked for again.
    if (found === null) await this.cache.del(key);
    return found;
  }

  private async forget(): Promise<void> {
    this.generation++;
    await this.cache.clear();
  }

  private cacheKey(secret: string): string {
    return `${this.generation}:${hashSecret(secret).toString('base64')}`;
  }

  private async require(access: AccessContext, tokenId: string): Promise<TokenEntity> {
    const token = await this.tokens.findOneBy({ tokenId });
    if (!token || (token.namespaceId !== null && token.namespaceId !== access.namespace.namespaceId))
      throw new AppError('NOT_FOUND', 'The namespace has no such token');
    return token;
  }
}

function presentToken(token: TokenEntity): Token {
  return {
    token_id: token.tokenId,
    namespace_id: token.namespaceId,
    name: token.name,
    scopes: token.scopes,
    created_at: token.createdAt.toISOString(),
    expires_at: token.expiresAt?.toISOString() ?? null,
    revoked_at: token.revokedAt?.toISOString() ?? null,
  };
}
