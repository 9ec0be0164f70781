import { Logger } from '@nestjs/common';

/** Fills caches before anybody asks. */
export interface Warmer {
  /** For the log. */
  readonly name: string;
  /** Run again when a tag that begins like this is invalidated: `surface:`. */
  readonly tagPrefix: string;
  /** @param tags those that were invalidated since it last ran; none at the start */
  run(tags: readonly string[]): Promise<void>;
}

interface Registered {
  readonly warmer: Warmer;
  readonly due: Set<string>;
  running: boolean;
}

/** Runs each warmer alone; what is invalidated while it runs makes it run once more. */
export class Warmers {
  private readonly registered: Registered[] = [];
  private readonly logger = new Logger('Cache');
  private started = false;

  add(warmer: Warmer): void {
    const one = { warmer, due: new Set<string>(), running: false };
    this.registered.push(one);
    if (this.started) void this.run(one);
  }

  start(): void {
    this.started = true;
    for (const one of this.registered) void this.run(one);
  }

  stop(): void {
    this.started = false;
  }

  invalidated(tags: readonly string[]): void {
    if (!this.started) return;
    for (const one of this.registered) {
      const own = tags.filter((tag) => tag.startsWith(one.warmer.tagPrefix));
      if (own.length === 0) continue;
      for (const tag of own) one.due.add(tag);
      void this.run(one);
    }
  }

  private async run(one: Registered): Promise<void> {
    if (one.running) return;
    one.running = true;
    do {
      const tags = [...one.due];
      one.due.clear();
      try {
        await one.warmer.run(tags);
      } catch (error) {
        // What is not warm is made when it is asked for.
        this.logger.warn(
          `Warming ${one.warmer.name} failed: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    } while (one.due.size > 0 && this.started);
    one.running = false;
  }
}
