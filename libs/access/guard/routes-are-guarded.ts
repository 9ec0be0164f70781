import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { ACCESS_RULE } from './require-scope.js';

const PATH_METADATA = 'path';

/** A route that nobody gave a rule fails the start, not the night. */
@Injectable()
export class RoutesAreGuarded implements OnApplicationBootstrap {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onApplicationBootstrap(): void {
    const open = this.discovery.getControllers().flatMap(({ metatype, instance }) => {
      if (!metatype || !instance) return [];
      const prototype = Object.getPrototypeOf(instance) as Record<string, unknown>;
      return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
        const handler = prototype[name];
        if (typeof handler !== 'function' || Reflect.getMetadata(PATH_METADATA, handler) === undefined) return [];
        const rule: unknown = this.reflector.getAllAndOverride(ACCESS_RULE, [
          handler as () => unknown,
          metatype as () => unknown,
        ]);
        return rule === undefined ? [`${metatype.name}.${name}`] : [];
      });
    });
    if (open.length > 0) throw new Error(`These routes say nothing of access: ${open.join(', ')}`);
  }
}
