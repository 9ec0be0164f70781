import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import type { ConfigOf } from '../config/define-config.js';
import { threadsConfig } from './threads.config.js';

/**
 * At its bound Node gives a thread 16 MB more to end in. What is young is moved over in one go; were it more than that,
 * the engine would end the whole process on the spot instead of the thread.
 */
const YOUNG_MB = 12;

/** Threads for computations that would hold the event loop: fits, backtests, surfaces. */
@Injectable()
export class Threads implements OnApplicationShutdown {
  private readonly pool: Piscina;

  constructor(@Inject(threadsConfig.token) config: ConfigOf<typeof threadsConfig>) {
    this.pool = new Piscina({
      minThreads: 0,
      // Never one alone: a refresh, which takes moments, would wait behind a fit, which takes minutes.
      maxThreads: Math.max(2, availableParallelism() - 1),
      idleTimeout: 60_000,
      // A day's backlog of refreshes must not pile up in memory: who asks has a queue of its own.
      maxQueue: 1_000,
      // A computation that takes all it can get ends its thread, and not the process with everything else in it.
      resourceLimits: { maxOldGenerationSizeMb: config.THREAD_MEMORY_MB, maxYoungGenerationSizeMb: YOUNG_MB },
    });
  }

  /**
   * Calls an exported function of a module in a thread.
   * @param file the compiled module, e.g. `new URL('./fit.thread.js', import.meta.url)`
   * @param options.signal ends the thread when it fires
   * @param options.onProgress the function then gets a `port` beside its input, and what it posts there comes here
   * @throws what the function throws; an AbortError when the signal fires; ERR_WORKER_OUT_OF_MEMORY at the thread's bound
   */
  async run<Input extends object, Output>(
    file: URL,
    name: string,
    input: Input,
    options: { signal?: AbortSignal; onProgress?: (message: unknown) => void } = {},
  ): Promise<Output> {
    const { signal, onProgress } = options;
    const run = { filename: file.href, name, ...(signal ? { signal } : {}) };
    if (!onProgress) return this.pool.run(input, run) as Promise<Output>;
    const { port1, port2 } = new MessageChannel();
    port1.on('message', onProgress);
    try {
      return (await this.pool.run({ ...input, port: port2 }, { ...run, transferList: [port2] })) as Output;
    } finally {
      port1.close();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.destroy();
  }
}
