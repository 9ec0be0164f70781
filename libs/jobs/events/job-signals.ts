import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { z } from 'zod';
import { Bus } from '#platform';

/** Ids of jobs that somebody watches, told by those who show them to those who change them. */
const WATCHED = 'jobs-watched';
/** Ids of watched jobs of which there is something new. */
const TOUCHED = 'jobs-touched';
const IDS = z.array(z.uuid());
/** As many as surely fit a message of the bus. */
const IDS_A_MESSAGE = 150;

/** Whoever watches says so this often, for the others may not have heard it, or have been started since. */
const REPEAT_MS = 15_000;
/** A watcher that says nothing for so long has gone. */
const FORGET_MS = 3 * REPEAT_MS;
/** What is new within this time is told at once: a job may say a hundred things in it. */
const GATHER_MS = 50;

/**
 * Tells the processes that show a job to somebody that there is something new of it. Only jobs that somebody watches
 * are told of, so that the many that nobody looks at cost nothing. Nothing depends on it: whoever watches looks by
 * itself as well, and is only faster for being told.
 */
@Injectable()
export class JobSignals implements OnApplicationShutdown {
  /** What this process shows, and what is to be done when there is something new. */
  private readonly watches = new Map<string, Set<() => void>>();
  /** What any process shows: until when that is believed. */
  private readonly watched = new Map<string, number>();
  private readonly fresh = new Set<string>();
  private readonly ends: (() => void)[];
  private gathering: NodeJS.Timeout | undefined;
  private readonly repeating: NodeJS.Timeout;

  constructor(private readonly bus: Bus) {
    this.ends = [
      bus.subscribe(WATCHED, (message) => this.heardWatched(message)),
      bus.subscribe(TOUCHED, (message) => this.heardTouched(message)),
      // Whatever was told meanwhile was missed, on both sides.
      bus.onReconnect(() => {
        this.announce([...this.watches.keys()]);
        for (const jobId of this.watches.keys()) this.wake(jobId);
      }),
    ];
    this.repeating = setInterval(() => this.repeat(), REPEAT_MS);
    this.repeating.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.repeating);
    clearTimeout(this.gathering);
    for (const end of this.ends) end();
  }

  /** Others are heard; otherwise a watcher has to look more often. */
  get heard(): boolean {
    return this.bus.connected;
  }

  /** @returns what ends it */
  watch(jobId: string, onNews: () => void): () => void {
    const own = () => onNews();
    let watchers = this.watches.get(jobId);
    if (!watchers) {
      this.watches.set(jobId, (watchers = new Set()));
      this.announce([jobId]);
    }
    watchers.add(own);
    return () => {
      watchers.delete(own);
      if (watchers.size === 0 && this.watches.get(jobId) === watchers) this.watches.delete(jobId);
    };
  }

  /** There is something new of these jobs, and it can be read. Returns at once and never throws. */
  touched(jobIds: Iterable<string>): void {
    const now = Date.now();
    for (const jobId of jobIds) if ((this.watched.get(jobId) ?? 0) > now) this.fresh.add(jobId);
    if (this.fresh.size === 0 || this.gathering) return;
    this.gathering = setTimeout(() => {
      this.gathering = undefined;
      this.send(TOUCHED, [...this.fresh]);
      this.fresh.clear();
    }, GATHER_MS);
    this.gathering.unref();
  }

  private heardWatched(message: string): void {
    const until = Date.now() + FORGET_MS;
    for (const jobId of idsIn(message)) this.watched.set(jobId, until);
  }

  private heardTouched(message: string): void {
    for (const jobId of idsIn(message)) this.wake(jobId);
  }

  private wake(jobId: string): void {
    const watchers = this.watches.get(jobId);
    if (watchers) for (const onNews of watchers) onNews();
  }

  private announce(jobIds: readonly string[]): void {
    this.send(WATCHED, jobIds);
  }

  private repeat(): void {
    this.announce([...this.watches.keys()]);
    const now = Date.now();
    for (const [jobId, until] of this.watched) if (until <= now) this.watched.delete(jobId);
  }

  private send(channel: string, jobIds: readonly string[]): void {
    for (let from = 0; from < jobIds.length; from += IDS_A_MESSAGE)
      void this.bus.publish(channel, JSON.stringify(jobIds.slice(from, from + IDS_A_MESSAGE)));
  }
}

/** Another release may say it in another way, and what cannot be read tells nothing. */
function idsIn(message: string): string[] {
  try {
    return IDS.parse(JSON.parse(message));
  } catch {
    return [];
  }
}
