import { Injectable, RequestMethod } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { ANSWERS, type AnswersRule, ATOMIC } from '#platform';

const PATH = 'path';
const METHOD = 'method';

/** What a route of the API means for a batch. */
export interface BatchRoute {
  method: string;
  /** `['risks', ':risk_id']` */
  segments: readonly string[];
  /** It flows for as long as it flows, or is not a resource: no part of a batch can be. */
  streams: boolean;
  atomic: boolean;
}

/** The routes of the process's controllers, by what they declare about themselves. */
@Injectable()
export class BatchRoutes {
  private routes: readonly BatchRoute[] | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** The route that would answer, as the router would choose it: of several a literal segment goes before a parameter. */
  find(method: string, path: string): BatchRoute | undefined {
    const segments = segmentsOf(path);
    if (!segments) return undefined;
    this.routes ??= this.read();
    return this.routes
      .filter((route) => route.method === method && fits(route.segments, segments))
      .reduce<BatchRoute | undefined>((best, route) => (best && !goesBefore(route, best) ? best : route), undefined);
  }

  private read(): BatchRoute[] {
    return this.discovery.getControllers().flatMap(({ metatype, instance }) => {
      if (!metatype || !instance) return [];
      const prefixes = pathsOf(metatype);
      const prototype = Object.getPrototypeOf(instance) as Record<string, unknown>;
      return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
        const handler = prototype[name];
        if (typeof handler !== 'function' || Reflect.getMetadata(PATH, handler) === undefined) return [];
        const answers = this.reflector.get<AnswersRule | undefined>(ANSWERS, handler as () => unknown);
        const common = {
          method: RequestMethod[Reflect.getMetadata(METHOD, handler) as RequestMethod],
          streams: answers?.deadlineMs === null || answers?.mediaType === 'text/event-stream',
          atomic: this.reflector.get<boolean | undefined>(ATOMIC, handler as () => unknown) ?? false,
        };
        return prefixes.flatMap((prefix) =>
          pathsOf(handler).map((path) => ({ ...common, segments: `${prefix}/${path}`.split('/').filter(Boolean) })),
        );
      });
    });
  }
}

const pathsOf = (target: object): string[] => [Reflect.getMetadata(PATH, target) as string | string[]].flat();

/** As the router reads them: without the query, decoded once. undefined where they cannot be decoded. */
function segmentsOf(path: string): string[] | undefined {
  try {
    return (path.split('?', 1)[0] ?? '').split('/').slice(1).map(decodeURIComponent);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length && pattern.every((part, i) => (isLiteral(part) ? part === segments[i] : true))
  );
}

function goesBefore(a: BatchRoute, b: BatchRoute): boolean {
  const differs = a.segments.findIndex((part, i) => isLiteral(part) !== isLiteral(b.segments[i] ?? ''));
  return differs >= 0 && isLiteral(a.segments[differs] ?? '');
}

/** A segment with a parameter in it, such as `:y.mvt`, fits more than it should: it decides of nothing but `@Atomic`. */
const isLiteral = (part: string): boolean => !part.includes(':') && !part.includes('*');
