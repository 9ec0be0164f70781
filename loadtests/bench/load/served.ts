import { join } from 'node:path';
import { type BenchServer, startServer, temporaryDataDir } from '../server.ts';
import { fill, type Filled, type Platform } from '../world.ts';

/** A running platform with the namespace that load is put on. */
export interface Served extends Filled {
  readonly server: BenchServer;
  /** What every request of the load carries: the namespace's own token, as a client of it has. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The platform as its namespace's client sees it. */
export const clientOf = ({ server, token }: Served): Platform => ({ url: server.url, token });

/**
 * Starts the platform with everything on that production has (authentication, limits, metrics, a log line for every
 * request, to a file) and fills a namespace.
 */
async function serve(): Promise<{ served: Served; end: () => Promise<void> }> {
  const dir = await temporaryDataDir();
  const server = await startServer(dir.path, {}, join(dir.path, 'requests.log')).catch(async (error: unknown) => {
    await dir.remove();
    throw error;
  });
  const end = async () => {
    await server.stop();
    await dir.remove();
  };
  try {
    const filled = await fill(server, 'load', (line) => console.log(`  world: ${line}`));
    return { served: { server, ...filled, headers: { authorization: `Bearer ${filled.token}` } }, end };
  } catch (error) {
    await end();
    throw error;
  }
}

let shared: ReturnType<typeof serve> | undefined;

/** The platform that all benchmarks of one run ask that leave it as it was. Made by the first. */
export async function sharedWorld(): Promise<Served> {
  shared ??= serve();
  return (await shared).served;
}

/** One that a benchmark may fill further. */
export async function ownWorld(): Promise<{ served: Served; end: () => Promise<void> }> {
  return serve();
}

/** Ends the shared platform, where there is one. */
export async function endSharedWorld(): Promise<void> {
  const { end } = (await shared?.catch(() => undefined)) ?? {};
  await end?.();
}
