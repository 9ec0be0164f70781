import { Injectable } from '@nestjs/common';
import { IsNull, Not, type Repository } from 'typeorm';
import { z } from 'zod';
import type { CreatedToken, Paged, Scope, Token, TokenInput } from '#contracts';
import { AppError, Cache, type CachePlace, Cursors, doNotKeep, placeOf, Postgres } from '#platform';
import { Audit } from '../audit/audit.js';
import { TOKENS } from '../caches.js';
import { type AccessContext, auditedBy, type Principal } from '../guard/access-context.js';
import { bearerToken, hashSecret, newSecret } from './secret.js';
import { TokenEntity } from './token.entity.js';

/** Behind which all tokens are, and behind which one is. */
const ALL_TOKENS = 'tokens';
const tagOf = (hash: Buffer) => `token:${hash.toString('base64')}`;
const DAY_MS = 86_400_000;
type TokenPlace = CachePlace<TokenEntity | null>;
const cursorKey = z.tuple([z.iso.datetime(), z.uuid()]);

@Injectable()
export class TokensService {
  /** What each connection last sent. */
  private readonly presented = new WeakMap<object, { header: string; place: TokenPlace }>();
  private readonly principals = new WeakMap<TokenEntity, Principal>();

  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: Cursors,
    private readonly audit: Audit,
    private readonly cache: Cache,
  ) {}

  private get tokens(): Repository<TokenEntity> {
    return this.postgres.repository(TokenEntity);
  }

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
    return this.principalOf(token);
  }

  /** Whether a token, of which only the id is known, could still be used for this. */
  async isGood(tokenId: string, scope: Scope, now = Date.now()): Promise<boolean> {
    const token = await this.tokens.findOneBy({ tokenId, revokedAt: IsNull() });
    return token !== null && token.scopes.includes(scope) && (token.expiresAt?.getTime() ?? Infinity) > now;
  }

  /**
   * Who the header stands for where this process has seen a good token of late; it asks no store.
   * @param connection the socket it came by
   */
  known(header: string | undefined, connection: object, now = Date.now()): Principal | undefined {
    const place = this.placeOf(header, connection);
    if (place === undefined) return undefined;
    const token = this.cache.peekAt(place)?.value;
    if (!token || token.revokedAt || (token.expiresAt && token.expiresAt.getTime() <= now)) return undefined;
    return this.principalOf(token);
  }

  /**
   * Where the cache has the token of the header, made once for a connection that goes on sending the same one. A header
   * is only ever compared with what the same connection sent before, so the time that takes tells nobody anything.
   */
  private placeOf(header: string | undefined, connection: object): TokenPlace | undefined {
    const last = this.presented.get(connection);
    if (last && last.header === header) return last.place;
    const secret = bearerToken(header);
    if (header === undefined || secret === undefined) return undefined;
    const place = placeOf(TOKENS, hashSecret(secret).toString('base64'));
    this.presented.set(connection, { header, place });
    return place;
  }

  async list(access: AccessContext, limit: number, cursor: string | undefined): Promise<Paged<Token>> {
    const list = this.cursors.of('tokens', access.namespace.namespaceId);
    const after = list.after(cursor, cursorKey);
    const rows = await this.postgres.reading((manager) => {
      const query = manager
        .createQueryBuilder(TokenEntity, 'token')
        .where('token.namespace_id = :namespace', { namespace: access.namespace.namespaceId })
        .orderBy('token.created_at', 'DESC')
        .addOrderBy('token.token_id', 'DESC')
        .limit(limit + 1);
      if (after) query.andWhere('(token.created_at, token.token_id) < (:at, :id)', { at: after[0], id: after[1] });
      return query.getMany();
    });
    const page = list.page(rows, limit, (row) => [row.createdAt.toISOString(), row.tokenId]);
    return { data: page.data.map(presentToken), page: page.page };
  }

  /** The secret stands in the answer and nowhere else. An administrator's token is of no namespace. */
  async create(access: AccessContext, input: TokenInput, now = Date.now()): Promise<CreatedToken> {
    const secret = newSecret();
    const token = await this.postgres.transaction(async () => {
      const made = await this.tokens.save(
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
        subject: made.tokenId,
        after: presentToken(made),
      });
      return made;
    });
    return { ...presentToken(token), token: secret };
  }

  /**
   * Gives a token a new secret. The old one stops at once, or stays good for a while, so that whoever uses it can be
   * given the new one without a gap.
   */
  async rotate(access: AccessContext, tokenId: string, graceSeconds: number, now = Date.now()): Promise<CreatedToken> {
    const secret = newSecret();
    return this.postgres.transaction(async () => {
      const token = await this.require(access, tokenId);
      if (token.revokedAt) throw new AppError('NOT_FOUND', 'The token was revoked');
      const previous =
        graceSeconds === 0
          ? { previousHash: null, previousUntil: null }
          : { previousHash: token.hash, previousUntil: new Date(now + graceSeconds * 1000) };
      // Only while it is good: a revocation at the same moment must stay one.
      const { affected } = await this.tokens.update(
        { tokenId, revokedAt: IsNull() },
        { hash: hashSecret(secret), ...previous },
      );
      if (affected === 0) throw new AppError('NOT_FOUND', 'The token was revoked');
      await this.audit.record(auditedBy(access), {
        action: 'token.rotate',
        subject: tokenId,
        after: { old_secret_good_until: previous.previousUntil?.toISOString() ?? null },
      });
      await this.forget(token);
      return { ...presentToken(token), token: secret };
    });
  }

  async revoke(access: AccessContext, tokenId: string): Promise<void> {
    await this.postgres.transaction(async () => {
      const token = await this.require(access, tokenId);
      const { affected } = await this.tokens.update({ tokenId, revokedAt: IsNull() }, { revokedAt: new Date() });
      if (affected === 0) return;
      await this.audit.record(auditedBy(access), {
        action: 'token.revoke',
        subject: tokenId,
        before: presentToken(token),
      });
      await this.forget(token);
    });
  }

  /** In every process, as soon as the change is committed. */
  private forget(token: TokenEntity): Promise<void> {
    const tags = [token.hash, token.previousHash].flatMap((hash) => (hash ? [tagOf(hash)] : []));
    return this.postgres.afterCommit(() => this.cache.invalidate(...tags));
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
    await this.cache.invalidate(ALL_TOKENS);
  }

  /** Only tokens that exist are kept: a stranger's guesses must not fill the memory. */
  private async find(secret: string): Promise<TokenEntity | null> {
    const hash = hashSecret(secret);
    const tags = [ALL_TOKENS, tagOf(hash)];
    const found = await this.cache.getOrLoad(TOKENS, hash.toString('base64'), { tags }, () =>
      this.postgres.outside(async () => (await this.byHash(hash)) ?? doNotKeep(null)),
    );
    return found.value;
  }

  /** A token by its secret; by its old one it is good until the grace period ends. */
  private async byHash(hash: Buffer): Promise<TokenEntity | null> {
    const token = await this.tokens.findOne({ where: [{ hash }, { previousHash: hash }] });
    if (!token || token.hash.equals(hash)) return token;
    const until = Math.min(token.previousUntil?.getTime() ?? 0, token.expiresAt?.getTime() ?? Infinity);
    return Object.assign(new TokenEntity(), token, { expiresAt: new Date(until) });
  }

  /** One for as long as the token is kept: what others remember of a caller goes with it. */
  private principalOf(token: TokenEntity): Principal {
    let principal = this.principals.get(token);
    if (!principal) {
      const { tokenId, name, scopes, namespaceId } = token;
      this.principals.set(token, (principal = { tokenId, name, scopes, namespaceId }));
    }
    return principal;
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
