import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type ConfigOf, FrontDoor } from '#platform';
import { accessConfig } from './access.config.js';
import { Audit } from './audit/audit.js';
import { AuditLogController } from './audit/audit-log.controller.js';
import { AuditLogService } from './audit/audit-log.service.js';
import { AuditEntryEntity } from './audit/audit-entry.entity.js';
import { AccessGuard } from './guard/access.guard.js';
import { Gate } from './guard/gate.js';
import { MemoryDoor } from './guard/memory-door.js';
import { RoutesAreGuarded } from './guard/routes-are-guarded.js';
import { LimitsModule } from './limits/limits.module.js';
import { RateLimitGuard } from './limits/rate-limit.guard.js';
import { NamespaceEntity } from './namespaces/namespace.entity.js';
import { NamespaceRemovalController } from './namespaces/namespace-removal.controller.js';
import { NamespaceRemovals } from './namespaces/namespace-removals.js';
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
  providers: [Audit, AuditLogService, Gate, NamespaceRemovals, NamespacesService, TokensService],
  exports: [Audit, AuditLogService, Gate, NamespaceRemovals, NamespacesService, TokensService],
})
export class AccessModule {}

/** The guards of all routes, the front door of the hot path, and the routes of this domain. */
@Global()
@Module({
  imports: [AccessModule, DiscoveryModule],
  controllers: [AuditLogController, NamespacesController, NamespaceRemovalController, TokensController],
  providers: [
    RoutesAreGuarded,
    FirstAdministrator,
    { provide: FrontDoor, useClass: MemoryDoor },
    // In this order: who floods is turned away before anyone asks who it is.
    { provide: APP_GUARD, useClass: RateLimitGuard },
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [FirstAdministrator, FrontDoor],
})
export class AccessHttpModule {
  static forRoot(config: ConfigOf<typeof accessConfig>): DynamicModule {
    return { module: AccessHttpModule, imports: [LimitsModule.forRoot(config.RATE_LIMIT_PER_MINUTE)] };
  }
}
