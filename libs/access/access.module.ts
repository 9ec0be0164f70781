import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { ConfigOf } from '#platform';
import { accessConfig } from './access.config.js';
import { Audit } from './audit/audit.js';
import { AuditEntryEntity } from './audit/audit-entry.entity.js';
import { AccessGuard } from './guard/access.guard.js';
import { RoutesAreGuarded } from './guard/routes-are-guarded.js';
import { RateLimitGuard } from './limits/rate-limit.guard.js';
import { NamespaceEntity } from './namespaces/namespace.entity.js';
import { NamespacesController } from './namespaces/namespaces.controller.js';
import { NamespacesService } from './namespaces/namespaces.service.js';
import { FirstAdministrator } from './tokens/first-administrator.js';
import { TokenEntity } from './tokens/token.entity.js';
import { TokensController } from './tokens/tokens.controller.js';
import { TokensService } from './tokens/tokens.service.js';

/** Namespaces, tokens and the audit log, for every process. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([NamespaceEntity, TokenEntity, AuditEntryEntity])],
  providers: [Audit, NamespacesService, TokensService],
  exports: [Audit, NamespacesService, TokensService],
})
export class AccessModule {}

/** The guards of all routes, and the routes of this domain. */
@Module({
  imports: [AccessModule, DiscoveryModule],
  controllers: [NamespacesController, TokensController],
  providers: [
    RoutesAreGuarded,
    FirstAdministrator,
    // In this order: who floods is turned away before anyone asks who it is.
    { provide: APP_GUARD, useClass: RateLimitGuard },
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [FirstAdministrator],
})
export class AccessHttpModule {
  static forRoot(config: ConfigOf<typeof accessConfig>): DynamicModule {
    return {
      module: AccessHttpModule,
      imports: [ThrottlerModule.forRoot([{ ttl: 60_000, limit: config.RATE_LIMIT_PER_MINUTE }])],
    };
  }
}
