import { type DynamicModule, type ForwardReference, RequestMethod, type Type } from '@nestjs/common';
import { z } from 'zod';
import { ACCESS_RULE, type AccessRule } from '#access';
import {
  ANSWERS,
  type AnswersRule,
  API_PREFIX,
  CACHED,
  DOCUMENTED,
  type DocumentedOptions,
  IDEMPOTENT,
  OUTSIDE_PREFIX,
} from '#platform';

/** Names under which Nest keeps what its decorators said; part of its public contract with its own extensions. */
const METADATA = {
  path: 'path',
  method: 'method',
  arguments: '__routeArguments__',
  httpCode: '__httpCode__',
  imports: 'imports',
  controllers: 'controllers',
} as const;

/** Kinds of handler parameters, as Nest numbers them. */
const KIND = { body: 3, query: 4, param: 5, headers: 6 } as const;

const VERBS: Partial<Record<RequestMethod, Verb>> = {
  [RequestMethod.GET]: 'get',
  [RequestMethod.POST]: 'post',
  [RequestMethod.PUT]: 'put',
  [RequestMethod.PATCH]: 'patch',
  [RequestMethod.DELETE]: 'delete',
};
type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A route as its decorators describe it. */
export interface Route {
  /** `RisksController.list`, for messages. */
  handler: string;
  /** `risks.list`: stable, clients name their methods after it. */
  operationId: string;
  tag: string;
  verb: Verb;
  /** With its parameters in braces: `/api/v1/risks/{risk_id}`. */
  path: string;
  status: number;
  params: { name: string; schema: z.ZodType | undefined }[];
  query: z.ZodObject | undefined;
  body: z.ZodType | undefined;
  /** Request headers that the handler reads, in lower case. */
  headers: string[];
  answers: AnswersRule;
  access: AccessRule;
  documented: DocumentedOptions;
  cached: boolean;
  idempotent: boolean;
}

type ModuleLike = Type | DynamicModule | ForwardReference<() => Type> | Promise<DynamicModule>;
type Handler = (...args: never[]) => unknown;

/** All controllers that modules and their imports bring, each once. */
export function controllersOf(modules: readonly ModuleLike[], seen = new Set<unknown>()): Type[] {
  const found = new Set<Type>();
  for (const entry of modules) {
    if (seen.has(entry) || entry instanceof Promise || 'forwardRef' in entry) continue;
    seen.add(entry);
    const dynamic: Partial<DynamicModule> = 'module' in entry ? entry : {};
    const type = 'module' in entry ? entry.module : entry;
    const own = (name: string): unknown[] => (Reflect.getMetadata(name, type) as unknown[] | undefined) ?? [];
    for (const controller of [...own(METADATA.controllers), ...(dynamic.controllers ?? [])])
      found.add(controller as Type);
    const imports = [...own(METADATA.imports), ...(dynamic.imports ?? [])] as ModuleLike[];
    for (const controller of controllersOf(imports, seen)) found.add(controller);
  }
  return [...found];
}

/**
 * The routes of controllers, in the order of their addresses.
 * @throws Error that names every route whose decorators do not say what it answers or who may call it
 */
export function routesOf(controllers: readonly Type[]): Route[] {
  const silent: string[] = [];
  const routes = controllers.flatMap((controller) =>
    handlersOf(controller).flatMap(([name, handler]) => {
      const { answers, access } = rulesOf(controller, handler);
      if (answers && access) return [routeOf(controller, name, handler, answers, access)];
      silent.push(`${controller.name}.${name}`);
      return [];
    }),
  );
  if (silent.length > 0)
    throw new Error(`These routes say nothing of their answers (@Answers) or of access: ${silent.join(', ')}`);
  return routes.sort((a, b) => (a.path === b.path ? compare(a.verb, b.verb) : compare(a.path, b.path)));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function handlersOf(controller: Type): [string, Handler][] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((name): [string, Handler][] => {
    const handler = name === 'constructor' ? undefined : prototype[name];
    return typeof handler === 'function' && Reflect.hasMetadata(METADATA.path, handler)
      ? [[name, handler as Handler]]
      : [];
  });
}

function rulesOf(controller: Type, handler: Handler) {
  return {
    answers: Reflect.getMetadata(ANSWERS, handler) as AnswersRule | undefined,
    access: (Reflect.getMetadata(ACCESS_RULE, handler) ?? Reflect.getMetadata(ACCESS_RULE, controller)) as
      AccessRule | undefined,
  };
}

function routeOf(controller: Type, name: string, handler: Handler, answers: AnswersRule, access: AccessRule): Route {
  const verb = VERBS[Reflect.getMetadata(METADATA.method, handler) as RequestMethod];
  if (!verb) throw new Error(`${controller.name}.${name} has a method that no document describes`);
  const taken = argumentsOf(controller, name);
  const headers = taken.flatMap(({ kind, data }) => (kind === KIND.headers && data ? [data.toLowerCase()] : []));
  const documented = (Reflect.getMetadata(DOCUMENTED, handler) as DocumentedOptions | undefined) ?? {};
  const tag = documented.tag ?? kebab(controller.name.replace(/Controller$/, ''));
  return {
    handler: `${controller.name}.${name}`,
    operationId: `${tag}.${name}`,
    tag,
    verb,
    path: addressOf(Reflect.getMetadata(METADATA.path, controller), Reflect.getMetadata(METADATA.path, handler)),
    status:
      answers.status ??
      (Reflect.getMetadata(METADATA.httpCode, handler) as number | undefined) ??
      (verb === 'post' ? 201 : 200),
    params: taken.filter(({ kind }) => kind === KIND.param).flatMap(namesOf),
    query: taken.find(({ kind }) => kind === KIND.query)?.schema as z.ZodObject | undefined,
    body: taken.find(({ kind }) => kind === KIND.body)?.schema,
    headers,
    answers,
    access,
    documented,
    cached: Reflect.hasMetadata(CACHED, handler),
    idempotent: headers.includes('idempotency-key') || Reflect.hasMetadata(IDEMPOTENT, handler),
  };
}

/** A handler takes parameters of the path one by one, or all of them as one object. */
function namesOf({ data, schema }: Argument): Route['params'] {
  if (data !== undefined) return [{ name: data, schema }];
  const shape = schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {};
  return Object.entries(shape).map(([name, one]) => ({ name, schema: one }));
}

interface Argument {
  kind: number;
  index: number;
  data: string | undefined;
  schema: z.ZodType | undefined;
}

function argumentsOf(controller: Type, name: string): Argument[] {
  const taken = (Reflect.getMetadata(METADATA.arguments, controller, name) ?? {}) as Record<string, Partial<Argument>>;
  return Object.entries(taken)
    .map(([key, { index = 0, data, schema }]) => ({ kind: Number.parseInt(key, 10), index, data, schema }))
    .sort((a, b) => a.index - b.index);
}

function addressOf(ofController: unknown, ofHandler: unknown): string {
  const parts = [ofController, ofHandler].flatMap((path) => String(path).split('/')).filter((part) => part !== '');
  const prefix = OUTSIDE_PREFIX.includes(parts.join('/')) ? '' : `/${API_PREFIX}`;
  return `${prefix}/${parts.join('/')}`.replaceAll(/:(\w+)(?:\([^)]*\))?/g, '{$1}');
}

function kebab(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
