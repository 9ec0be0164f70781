import type { PathsWithMethod } from 'openapi-typescript-helpers';
import type { paths } from './schema.js';

type Below<P> = P extends `/api/v1${infer Rest}` ? Rest : never;
type Filled<P extends string> = P extends `${infer Before}{${string}}${infer After}`
  ? `${Before}${string}${Filled<After>}`
  : P;

/** Addresses below `/api/v1` that take a method, their parameters filled in: `/jobs/4711`. */
export type Address<Verb extends 'get' | 'post' | 'put' | 'patch' | 'delete'> = Filled<
  Below<PathsWithMethod<paths, Verb>>
>;
