import { z } from 'zod';
import type { Times } from './entry.js';

/** A value as the second level holds it: when it serves, behind which tags, and its text, decoded where it is wanted. */
export interface RemoteRecord {
  readonly times: Times;
  readonly tags: readonly string[];
  /** What each tag was called in Redis before the load began. */
  readonly ids: readonly string[];
  readonly text: string;
}

/** JSON has no Infinity. */
const moment = z.number().nullable();
const head = z.tuple([z.number(), moment, moment, z.number(), z.array(z.string()), z.array(z.string())]);

const finite = (time: number) => (Number.isFinite(time) ? time : null);

/** One line of JSON, then the text. */
export function writeRecord({ times, tags, ids, text }: RemoteRecord): string {
  const { storedAt, freshUntil, staleUntil, loadMs } = times;
  return `${JSON.stringify([storedAt, finite(freshUntil), finite(staleUntil), loadMs, tags, ids])}\n${text}`;
}

/** @throws where it was not written by `writeRecord` */
export function readRecord(written: string): RemoteRecord {
  const end = written.indexOf('\n');
  const [storedAt, freshUntil, staleUntil, loadMs, tags, ids] = head.parse(JSON.parse(written.slice(0, end)));
  return {
    times: { storedAt, freshUntil: freshUntil ?? Infinity, staleUntil: staleUntil ?? Infinity, loadMs },
    tags,
    ids,
    text: written.slice(end + 1),
  };
}
