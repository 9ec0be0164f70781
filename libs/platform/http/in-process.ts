import { AsyncLocalStorage } from 'node:async_hooks';

/** The platform itself, asking its own routes: for whose namespace, and what it may read. */
export interface InProcessCaller {
  namespaceId: string;
  scopes: readonly string[];
}

const storage = new AsyncLocalStorage<InProcessCaller>();

/** Runs work whose requests (by Fastify's `inject`) are let in without a token. Nothing from outside can get here. */
export function asInProcess<T>(caller: InProcessCaller, work: () => Promise<T>): Promise<T> {
  return storage.run(caller, work);
}

export function inProcessCaller(): InProcessCaller | undefined {
  return storage.getStore();
}
