import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { AnswerVersions } from './answer-versions.js';
import { type Address, HotPath } from './hot-path.js';
import { asInProcess } from './in-process.js';

/**
 * Asks again for the addresses a namespace was last asked for when it has a new surface, at the start for its map: the
 * first reader after it then finds them made. One at a time, for readers come first.
 */
@Injectable()
export class AnswerWarmer implements OnApplicationBootstrap {
  private readonly logger = new Logger(AnswerWarmer.name);
  private readonly due = new Set<string>();
  private running = false;
  private started = false;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly hot: HotPath,
    versions: AnswerVersions,
  ) {
    versions.onChange((namespaceId) => {
      this.due.add(namespaceId);
      if (this.started) void this.run();
    });
  }

  /** The routes are there from now on. */
  onApplicationBootstrap(): void {
    this.started = true;
    void this.run();
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (const namespaceId of this.due) {
        this.due.delete(namespaceId);
        for (const address of this.hot.lately(namespaceId)) await this.ask(namespaceId, address);
      }
    } finally {
      this.running = false;
    }
  }

  private async ask(namespaceId: string, { url, accept, rule }: Address): Promise<void> {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    const headers = { accept, 'accept-encoding': 'br' };
    try {
      // Awaited inside: what `inject` gives back begins only when somebody waits for it.
      await asInProcess({ namespaceId, scopes: [rule.scope] }, async () => {
        await fastify.inject({ method: 'GET', url, headers });
      });
    } catch (error) {
      this.logger.warn({ err: error, namespace: namespaceId }, 'an answer could not be made in advance');
    }
  }
}
